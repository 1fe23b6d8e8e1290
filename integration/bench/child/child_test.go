package child_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/load"
)

// The test binary is its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"serve", "load", "codec", "dance"}, os.Args[1]) {
		if err := house().Main(os.Args[1:], os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// house has peers that need no network: a client of the first echoes by
// itself.
func house() child.House {
	return child.House{
		Peers: []load.Peer{
			{Name: "works", Serve: serve, Dial: dial(func(msg string) (string, error) { return msg, nil })},
			{Name: "lies", Serve: serve, Dial: dial(func(msg string) (string, error) { return "x", nil })},
			{
				Name:  "fails",
				Serve: func(string) (load.Server, error) { return nil, errors.New("address is taken") },
				Dial:  func(load.Target) (load.Client, error) { return nil, errors.New("nobody listens") },
			},
			{
				Name: "panics",
				Serve: func(string) (load.Server, error) {
					panic("something is nil")
				},
			},
		},
		Codecs: []codec.Codec{{Name: "copy", Shapes: codec.Shapes, New: func(_ string, wire []byte) (codec.Case, error) {
			return codec.Case{
				Encode: func() ([]byte, error) { return wire, nil },
				Decode: func(wire []byte) (any, error) { return slices.Clone(wire), nil },
			}, nil
		}}},
	}
}

type server string

func serve(addr string) (load.Server, error) { return server(addr), nil }

func (s server) Addr() string { return string(s) }
func (s server) Close() error { return nil }

type client struct {
	load.Target
	echo func(string) (string, error)
}

func dial(echo func(string) (string, error)) func(load.Target) (load.Client, error) {
	return func(t load.Target) (load.Client, error) { return client{t, echo}, nil }
}

func (c client) Caller(number int, msg string) (load.Call, error) {
	if c.Addr != "somewhere:1" || c.Conns != 3 {
		return nil, fmt.Errorf("target is %+v", c.Target)
	}
	check := load.NewCheck(msg)
	return func() error { return check.Reply(c.echo(msg)) }, nil
}

func (c client) Close() error { return nil }

func start(t *testing.T, args ...string) (*child.Process, child.Report, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, ready, err := child.Start(t.Context(), nil, self, args...)
	if err == nil {
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
		})
	}
	return p, ready, err
}

var loadArgs = []string{"-addr", "somewhere:1", "-c", "4", "-size", "64", "-conns", "3"}

func TestAServerSaysWhereItListensAndWhatItUses(t *testing.T) {
	p, ready, err := start(t, "serve", "works", "-addr", "here:2")
	if err != nil {
		t.Fatal(err)
	}
	if ready.Addr != "here:2" {
		t.Errorf("address %q, want here:2", ready.Addr)
	}
	before, err := p.Do(child.Order{Do: child.Usage})
	if err != nil {
		t.Fatal(err)
	}
	after, err := p.Do(child.Order{Do: child.Usage})
	if err != nil {
		t.Fatal(err)
	}
	if before.Usage == nil || after.Usage == nil || after.Usage.Objects <= before.Usage.Objects {
		t.Errorf("usage %+v, then %+v, want more", before.Usage, after.Usage)
	}
}

func TestAClientRuns(t *testing.T) {
	p, _, err := start(t, append([]string{"load", "works"}, loadArgs...)...)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := p.Do(child.Order{Do: child.Run, For: 10 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if got.Result == nil || got.Result.Requests < 4 || got.Result.Errors != 0 || got.Usage == nil {
			t.Errorf("result %+v, usage %+v, want some requests and no errors", got.Result, got.Usage)
		}
	}
}

func TestAClientReportsWrongEchoes(t *testing.T) {
	p, _, err := start(t, append([]string{"load", "lies"}, loadArgs...)...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Do(child.Order{Do: child.Run, For: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if got.Result.Errors != 4 || !strings.Contains(got.Result.FirstError, "wrong echo") {
		t.Errorf("result %+v, want an error of each of 4 callers", got.Result)
	}
}

func TestACodecIsMeasured(t *testing.T) {
	p, _, err := start(t, "codec", "copy")
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Do(child.Order{Do: child.Run, For: time.Millisecond, Shapes: "^ints"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Timings) != 4 {
		t.Errorf("%d timings, want encode and decode of two shapes", len(got.Timings))
	}
}

func TestProfilesAreWritten(t *testing.T) {
	p, _, err := start(t, "serve", "works")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Do(child.Order{Do: child.StopProfile}); err == nil {
		t.Error("a profile was stopped before one was started")
	}
	file := filepath.Join(t.TempDir(), "cpu.pprof")
	for _, do := range []string{child.StartProfile, child.StopProfile} {
		if _, err := p.Do(child.Order{Do: do, File: file}); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("profile: %v, %v, want something in it", info, err)
	}
}

func TestWhatGoesWrongIsTold(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"nothing to do", nil, "want serve PEER, load PEER or codec CODEC"},
		{"an unknown role", []string{"dance", "works"}, `does not know how to "dance"`},
		{"an unknown peer", []string{"serve", "nobody"}, `there is no peer "nobody"`},
		{"an unknown codec", []string{"codec", "nobody"}, `there is no codec "nobody"`},
		{"a server that fails", []string{"serve", "fails"}, "serving fails: address is taken"},
		{"a client that fails", append([]string{"load", "fails"}, loadArgs...), "dialing fails at somewhere:1: nobody listens"},
		{"a caller that fails", []string{"load", "works", "-addr", "elsewhere:1"}, "connecting to works at elsewhere:1: caller 0 of 1"},
		{"a panic", []string{"serve", "panics"}, "panic: something is nil"},
		{"a wrong flag", []string{"serve", "works", "-x"}, "flag provided but not defined: -x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if len(test.args) == 0 {
				err := house().Main(nil, strings.NewReader(""), new(strings.Builder))
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("err = %v, want one with %q", err, test.want)
				}
				return
			}
			_, _, err := start(t, test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestAnOrderThatCannotBeCarriedOutLeavesTheChildAlive(t *testing.T) {
	p, _, err := start(t, "serve", "works")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Do(child.Order{Do: child.Run}); err == nil || !strings.Contains(err.Error(), `cannot "run"`) {
		t.Errorf("err = %v, want one that says that a server cannot run", err)
	}
	if _, err := p.Do(child.Order{Do: child.Usage}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAChildEndsWithItsContext(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, _, err := child.Start(ctx, nil, self, "serve", "works")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := p.Do(child.Order{Do: child.Usage}); err == nil {
		// The kill may come after one answer, not after its end.
		if err := p.Close(); err != nil {
			t.Log(err)
		}
		_, err = p.Do(child.Order{Do: child.Usage})
		if err == nil {
			t.Error("the child answers after its context has ended")
		}
	}
}

func TestStartFailsWithoutABinary(t *testing.T) {
	_, _, err := child.Start(t.Context(), nil, filepath.Join(t.TempDir(), "nothing"), "serve", "works")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v, want %v", err, os.ErrNotExist)
	}
	refused := errors.New("no core to run on")
	_, _, err = child.Start(t.Context(), func(*exec.Cmd) error { return refused }, "any", "serve", "works")
	if !errors.Is(err, refused) {
		t.Errorf("err = %v, want %v", err, refused)
	}
}
