package grpcgo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	echo "github.com/volo-go/volo/integration/bench/genproto/stock/echo"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
)

// h2load is nghttp2's load generator, a client in C++.
const h2load = "h2load"

// An h2loadClient runs h2load with one message for all callers. It tells no
// percentiles, and looks at no answer but its HTTP status; whether the server
// echoes has been seen before.
type h2loadClient struct {
	load.Target
	body string // file with the request
}

func dialH2load(t load.Target) (load.Client, error) {
	if t.Kind != load.Unary {
		return nil, fmt.Errorf("%s makes unary calls only, not %s", h2load, t.Kind)
	}
	if err := echoOnce(t); err != nil {
		return nil, err
	}
	b, err := proto.Marshal(&echo.Message{Action: "echo", Msg: load.Message(0, t.Size)})
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "bench-h2load-")
	if err != nil {
		return nil, err
	}
	prefix := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(b)))
	_, err = f.Write(append(prefix, b...))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()))
	}
	return &h2loadClient{t, f.Name()}, nil
}

// echoOnce makes a call with a client that understands the answer.
func echoOnce(t load.Target) error {
	c, err := dial(t)
	if err != nil {
		return err
	}
	defer c.Close()
	call, err := c.Caller(0, load.Message(0, t.Size))
	if err != nil {
		return err
	}
	return call()
}

func (c *h2loadClient) Close() error { return os.Remove(c.body) }

func (c *h2loadClient) Caller(int, string) (load.Call, error) {
	return nil, fmt.Errorf("%s makes its calls by itself", h2load)
}

// Run implements [load.Runner].
func (c *h2loadClient) Run(d time.Duration) (load.Result, error) {
	conns := max(1, min(c.Conns, c.Callers))
	cmd := exec.Command(h2load,
		"-D", strconv.FormatInt(max(1, d.Milliseconds()), 10)+"ms",
		"-c", strconv.Itoa(conns),
		"-m", strconv.Itoa(max(1, c.Callers/conns)),
		"-d", c.body,
		"-H", "content-type: application/grpc",
		"-H", "te: trailers",
		"http://"+c.Addr+peer.UnaryPath)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return load.Result{}, fmt.Errorf("%s: %w: %s", h2load, err, bytes.TrimSpace(out))
	}
	return h2loadResult(out, d, time.Since(start))
}

var h2loadRequests = regexp.MustCompile(`requests: (\d+) total, .* (\d+) succeeded, (\d+) failed`)

// h2loadResult reads the counts that h2load prints. Its calls take d; they do
// not take the rest of the time that it runs.
func h2loadResult(out []byte, d, ran time.Duration) (load.Result, error) {
	m := h2loadRequests.FindSubmatch(out)
	if m == nil {
		return load.Result{}, fmt.Errorf("%s printed no count of requests in %v: %s", h2load, ran, bytes.TrimSpace(out))
	}
	succeeded, err1 := strconv.ParseUint(string(m[2]), 10, 64)
	failed, err2 := strconv.ParseUint(string(m[3]), 10, 64)
	r := load.Result{Requests: succeeded, Errors: failed, Elapsed: d}
	if failed > 0 {
		r.FirstError = "requests that " + h2load + " counts as failed"
	}
	return r, errors.Join(err1, err2)
}
