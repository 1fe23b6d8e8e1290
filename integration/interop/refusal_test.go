package interop_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	apache "github.com/apache/thrift/lib/go/thrift"

	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A refusals is the log of a server that is to refuse one connection.
type refusals chan string

func (r refusals) Write(line []byte) (int, error) {
	r <- string(line)
	return len(line), nil
}

// serveRefusing starts a server of ours. When the test is over, it must have
// logged nothing but what the test has taken from the log.
func serveRefusing(t *testing.T) (addr string, log refusals) {
	log = make(refusals, 100)
	t.Cleanup(func() {
		for len(log) > 0 {
			t.Errorf("another line in the log: %s", <-log)
		}
	})
	return serve(t, new(handler), volothrift.WithLogger(slog.New(slog.NewTextHandler(log, nil)))), log
}

// Who speaks something else to our server is shown out, not left waiting, and
// the log says why.
func TestWhatOurServerDoesNotSpeak(t *testing.T) {
	lax := false
	old := &apache.TConfiguration{TBinaryStrictRead: &lax, TBinaryStrictWrite: &lax}
	framed := func(t apache.TTransport) apache.TTransport { return apache.NewTFramedTransportConf(t, nil) }
	buffered := func(t apache.TTransport) apache.TTransport { return apache.NewTBufferedTransport(t, 4096) }
	for _, tt := range []struct {
		name, says string
		transport  func(apache.TTransport) apache.TTransport
		protocol   func(apache.TTransport) apache.TProtocol
	}{
		{"binary that is not strict, framed", "not strict", framed, func(t apache.TTransport) apache.TProtocol { return apache.NewTBinaryProtocolConf(t, old) }},
		{"binary that is not strict", "not strict", buffered, func(t apache.TTransport) apache.TProtocol { return apache.NewTBinaryProtocolConf(t, old) }},
		{"compact, framed", "compact", framed, func(t apache.TTransport) apache.TProtocol { return apache.NewTCompactProtocolConf(t, nil) }},
		{"compact", "compact", buffered, func(t apache.TTransport) apache.TProtocol { return apache.NewTCompactProtocolConf(t, nil) }},
		{"JSON, framed", "JSON", framed, func(t apache.TTransport) apache.TProtocol { return apache.NewTJSONProtocol(t) }},
		{"JSON", "JSON", buffered, func(t apache.TTransport) apache.TProtocol { return apache.NewTJSONProtocol(t) }},
		{"THeader", "THeader", func(t apache.TTransport) apache.TTransport { return t },
			func(t apache.TTransport) apache.TProtocol { return apache.NewTHeaderProtocolConf(t, nil) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr, log := serveRefusing(t)
			socket := apache.NewTSocketConf(addr, &apache.TConfiguration{SocketTimeout: 10 * time.Second})
			transport := tt.transport(socket)
			if err := transport.Open(); err != nil {
				t.Fatal(err)
			}
			defer transport.Close()
			p := tt.protocol(transport)
			start := time.Now()
			_, err := theirs.NewThriftTestClient(apache.NewTStandardClient(p, p)).TestString(t.Context(), "hello")
			if err == nil || time.Since(start) > 5*time.Second {
				t.Errorf("got %v after %v, want the end of the connection at once", err, time.Since(start))
			}
			checkRefused(t, log, addr, tt.says)
		})
	}

	t.Run("HTTP", func(t *testing.T) {
		addr, log := serveRefusing(t)
		client := &http.Client{Timeout: 10 * time.Second}
		if resp, err := client.Get("http://" + addr + "/"); err == nil {
			resp.Body.Close()
			t.Errorf("got an answer: %v", resp.Status)
		}
		checkRefused(t, log, addr, "HTTP")
	})
}

// checkRefused wants a line in the log that says why, and a server that serves
// on.
func checkRefused(t *testing.T, log refusals, addr, why string) {
	t.Helper()
	select {
	case line := <-log:
		if !strings.Contains(line, "reason=") || !strings.Contains(line, why) {
			t.Errorf("the log does not say %q: %s", why, line)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing in the log")
	}
	if err := newClient(t, addr).TestVoid(t.Context()); err != nil {
		t.Errorf("the next caller: %v", err)
	}
}

// A peer that is no Thrift server fails our calls with what is wrong, at once.
func TestWhatOurClientDoesNotSpeak(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				conn.Read(make([]byte, 1))
				conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
				io.Copy(io.Discard, conn) // it is up to the client to go
			})
		}
	})
	defer serving.Wait()
	defer l.Close()
	for name, protocol := range map[string]volothrift.Protocol{
		"TTHeader": volothrift.TTHeader, "TTHeader over framed": volothrift.TTHeaderFramed,
		"framed": volothrift.Framed, "unframed": volothrift.Unframed,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		client := newClient(t, l.Addr().String(), volothrift.WithProtocol(protocol))
		err := client.TestVoid(ctx)
		var call *volothrift.Error
		if !errors.As(err, &call) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, want an error at once", name, err)
		}
		t.Logf("%s: %v", name, err)
		client.Close()
		cancel()
	}
}
