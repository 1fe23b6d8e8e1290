package vologrpc_test

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

var allBytes = func() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

// user are the pairs that tests send: their keys begin with "x-".
func user(m vologrpc.Metadata) (pairs []vologrpc.Pair) {
	for _, p := range m {
		if strings.HasPrefix(p.Key, "x-") {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

func TestMetadataTravelsBothWays(t *testing.T) {
	there := []string{"x-one", "1", "x-many", "a", "x-many", "b", "x-raw-bin", allBytes, "x-empty", "", "X-Upper", "case"}
	back := []string{"x-head", "h", "x-head-bin", "\x00\xff"}
	end := []string{"x-tail", "t", "x-tail", "u", "x-tail-bin", "\xfe"}
	var seen vologrpc.Metadata
	note1 := func(ctx context.Context) {
		seen = vologrpc.MetadataFrom(ctx)
		if err := vologrpc.SetHeader(ctx, back[:2]...); err != nil {
			t.Error(err)
		}
		if err := vologrpc.SetHeader(ctx, back[2:]...); err != nil {
			t.Error(err)
		}
		if err := vologrpc.SetTrailer(ctx, end...); err != nil {
			t.Error(err)
		}
	}
	for _, fails := range []bool{false, true} {
		outcome := error(nil)
		if fails {
			outcome = vologrpc.Errorf(vologrpc.Aborted, "no")
		}
		c := inMemory(t, notes{
			get: func(ctx context.Context, in *note) (*note, error) { note1(ctx); return in, outcome },
			put: func(ctx context.Context, s *vologrpc.Receiver[note]) (*note, error) {
				note1(ctx)
				return of(""), outcome
			},
			list: func(ctx context.Context, in *note, s *vologrpc.Sender[note]) error { note1(ctx); return outcome },
			chat: func(ctx context.Context, s *vologrpc.Duplex[note, note]) error {
				note1(ctx)
				s.SendHeader()
				s.Recv()
				return outcome
			},
		}, nil)
		check := func(what string, header, trailer vologrpc.Metadata) {
			t.Helper()
			for _, x := range []struct {
				where string
				got   vologrpc.Metadata
				want  []string
			}{{"request", seen, there}, {"header", header, back}, {"trailer", trailer, end}} {
				if got, want := user(x.got), user(vologrpc.MetadataOf(x.want...)); !reflect.DeepEqual(got, want) {
					t.Errorf("%s (fails: %t), %s: got %q, want %q", what, fails, x.where, got, want)
				}
			}
			seen = nil
		}
		ctx := vologrpc.WithMetadata(soon(t), there[:4]...)
		ctx = vologrpc.WithMetadata(ctx, there[4:]...)

		var r vologrpc.Received
		c.get(vologrpc.WithReceived(ctx, &r), "")
		check("unary", r.Header, r.Trailer)

		up, _ := c.put(ctx)
		up.CloseAndRecv()
		h, err := up.Header()
		if err != nil {
			t.Error(err)
		}
		check("client streaming", h, up.Trailer())

		down, _ := c.list(ctx, "")
		for {
			if _, err := down.Recv(); err != nil {
				break
			}
		}
		h, _ = down.Header()
		check("server streaming", h, down.Trailer())

		chat, _ := c.chat(ctx)
		h, err = chat.Header() // before anything was sent
		if err != nil {
			t.Error(err)
		}
		chat.CloseSend()
		if _, err := chat.Recv(); (err == io.EOF) == fails {
			t.Errorf("bidi streaming (fails: %t): got %v", fails, err)
		}
		check("bidi streaming", h, chat.Trailer())
	}
}

func TestMetadataThatCannotBeSentFailsTheCall(t *testing.T) {
	for _, tt := range []struct{ what, key, value string }{
		{"a reserved key", "grpc-timeout", "1S"},
		{"a key of HTTP", "content-type", "text/html"},
		{"a key of HTTP/1", "connection", "close"},
		{"a pseudo field", ":path", "/"},
		{"an empty key", "", "x"},
		{"a key with a space", "x y", "z"},
		{"a value with a line break", "x-a", "b\nc"},
		{"a value that is not ASCII", "x-a", "ü"},
	} {
		c := inMemory(t, echo, nil)
		_, err := c.get(vologrpc.WithMetadata(soon(t), tt.key, tt.value), "")
		e, ok := err.(*vologrpc.Error)
		if !ok || e.Code != vologrpc.Internal || e.Phase != vologrpc.PhaseEncode || !e.Unsent || e.Outcome() != rpc.Rejected {
			t.Errorf("%s from the client: got %v, want INTERNAL while encoding", tt.what, err)
		}
		c = inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
			if vologrpc.SetHeader(ctx, tt.key, tt.value) == nil {
				t.Errorf("%s: SetHeader takes it", tt.what)
			}
			vologrpc.SetTrailer(ctx, tt.key, tt.value)
			return in, nil
		}}, nil)
		if _, err := c.get(soon(t), ""); vologrpc.CodeOf(err) != vologrpc.Internal {
			t.Errorf("%s from the server: got %v, want INTERNAL", tt.what, err)
		}
	}
}

func TestMetainfoTravels(t *testing.T) {
	var last notesClient
	type seen struct{ persistent, upstream string }
	var got []seen
	look := func(ctx context.Context) {
		p, _ := metainfo.Persistent(ctx, "WHO")
		u, _ := metainfo.Upstream(ctx, "STEP")
		got = append(got, seen{p, u})
	}
	last = inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		look(ctx)
		metainfo.SendBackward(ctx, "COST", "3")
		return in, nil
	}}, nil)
	first := inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		look(ctx)
		out, err := last.get(ctx, in.Value)
		metainfo.SendBackward(ctx, "COST", "5")
		return of(out), err
	}}, nil)
	ctx := metainfo.WithPersistent(soon(t), "WHO", "ann")
	ctx = metainfo.WithTransient(ctx, "STEP", "1")
	ctx = metainfo.WithBackward(ctx)
	if _, err := first.get(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if want := []seen{{"ann", "1"}, {"ann", ""}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if cost, _ := metainfo.Backward(ctx, "COST"); cost != "5" {
		t.Errorf("backward: got %q, want 5", cost)
	}
}

func TestTheFactsOfACall(t *testing.T) {
	facts := make(chan rpc.Info, 1)
	c := dial(t, serve(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		facts <- *rpc.FromContext(ctx)
		return in, nil
	}}), vologrpc.WithOuter(func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			if rpc.FromContext(ctx) != &req.Info {
				t.Error("the context has other facts than the request")
			}
			return next.Call(ctx, req)
		})
	}))
	if _, err := c.get(soon(t), "x"); err != nil {
		t.Fatal(err)
	}
	server := <-facts
	if server.Role != rpc.Server || server.Service != "test.v1.Notes" || server.Method != "Get" ||
		server.Caller.Address.IsZero() || server.Callee.Address.IsZero() || server.Deadline.IsZero() || server.Stats.ReceivedBytes != 8 {
		t.Errorf("got %+v", server)
	}
}

// Metainfo of any key passes, and is metadata like any other to a peer: under a
// name in -bin it is base64 on the wire, which any peer takes off.
func TestMetainfoUnderBinaryNames(t *testing.T) {
	const value = "a,b ü\x00\xff"
	last := dial(t, serve(t, notes{get: func(ctx context.Context, _ *note) (*note, error) {
		p, _ := metainfo.Persistent(ctx, "SIG_BIN")
		u, _ := metainfo.Upstream(ctx, "HOP_BIN")
		metainfo.SendBackward(ctx, "COST_BIN", value)
		return of(fmt.Sprintf("%q %q %q", p, u, vologrpc.MetadataFrom(ctx).Get("rpc-persist-sig-bin"))), nil
	}}))
	first := dial(t, serve(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		ctx = metainfo.WithTransient(metainfo.WithBackward(ctx), "HOP_BIN", value)
		got, err := last.get(ctx, "")
		if back, _ := metainfo.Backward(ctx, "COST_BIN"); back != value {
			t.Errorf("backward: got %q, want %q", back, value)
		}
		return of(got), err
	}}))
	got, err := first.get(metainfo.WithPersistent(soon(t), "sig-bin", value), "")
	if want := fmt.Sprintf("%[1]q %[1]q %[1]q", value); err != nil || got != want {
		t.Errorf("got %q and %v, want %q", got, err, want)
	}
}

// A header list that the peer does not take fails its own call, and not the
// connection with all other calls on it.
func TestMetadataOverThePeersLimit(t *testing.T) {
	huge := strings.Repeat("x", 300<<10)
	stay := make(chan struct{})
	here := make(chan struct{}, 1)
	c := dial(t, serve(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		switch in.Value {
		case "wait":
			here <- struct{}{}
			<-stay
		case "status":
			return nil, vologrpc.Errorf(vologrpc.DataLoss, "%s", huge)
		case "details":
			return nil, vologrpc.Errorf(vologrpc.DataLoss, "torn").WithDetails(of(huge))
		case "trailer":
			vologrpc.SetTrailer(ctx, "x", huge)
		case "header":
			return of(""), vologrpc.SetHeader(ctx, "x", huge)
		case "backward":
			metainfo.SendBackward(ctx, "X", huge)
		}
		return of(""), nil
	}}))
	other := make(chan error)
	go func() {
		_, err := c.get(soon(t), "wait")
		other <- err
	}()
	<-here // and so the settings of the server are known
	for _, test := range []struct {
		what string
		ctx  context.Context
		code vologrpc.Code
		want string
	}{
		{"a request with metadata", vologrpc.WithMetadata(soon(t), "x", huge), vologrpc.Internal, "over the limit"},
		{"a request with metainfo", metainfo.WithPersistent(soon(t), "X", huge), vologrpc.Internal, "over the limit"},
		{"status", soon(t), vologrpc.DataLoss, "xxx…"},
		{"details", soon(t), vologrpc.DataLoss, "torn…"},
		{"trailer", soon(t), vologrpc.Internal, "over the limit"},
		{"header", soon(t), vologrpc.Unknown, "over the limit"},
		{"backward", soon(t), vologrpc.Internal, "over the limit"},
	} {
		_, err := c.get(test.ctx, test.what)
		if vologrpc.CodeOf(err) != test.code || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: got %.200v, want %v with %q", test.what, err, test.code, test.want)
		}
	}
	close(stay)
	if err := <-other; err != nil {
		t.Errorf("the other call: %.200v", err)
	}
}
