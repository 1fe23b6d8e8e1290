package vologrpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A script is what a server does about the streams of one connection; it
// returns when it has no more to say.
type script func(f *http2.Framer, id uint32)

// scripted connects a client to servers that follow scripts, one a
// connection, and counts the connections.
func scripted(t *testing.T, scripts ...script) (notesClient, *atomic.Int32) {
	var conns atomic.Int32
	c := dial(t, "memory.invalid:1", vologrpc.WithDialer(func(context.Context, rpc.Address) (*transport.Conn, error) {
		n := int(conns.Add(1))
		if n > len(scripts) {
			return nil, errors.New("nobody is there any more")
		}
		near, far := net.Pipe()
		done := make(chan struct{})
		t.Cleanup(func() {
			far.Close()
			<-done
		})
		go func() {
			defer close(done)
			follow(far, scripts[n-1])
		}()
		return transport.NewConn(near), nil
	}))
	return c, &conns
}

// follow runs s for each stream that a client opens on nc.
func follow(nc net.Conn, s script) {
	io.ReadFull(nc, make([]byte, len(http2.ClientPreface)))
	// What is written while the other side writes must not wait for it.
	out := make(chan []byte, 100)
	defer close(out)
	go func() {
		for b := range out {
			nc.Write(b)
		}
	}()
	f := http2.NewFramer(writerFunc(func(b []byte) { out <- bytes.Clone(b) }), nc)
	f.WriteSettings()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				f.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				f.WritePing(true, frame.Data)
			}
		case *http2.HeadersFrame:
			s(f, frame.StreamID)
		}
	}
}

type writerFunc func([]byte)

func (w writerFunc) Write(b []byte) (int, error) { w(b); return len(b), nil }

// block encodes header fields.
func block(pairs ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	e.SetMaxDynamicTableSize(0)
	for i := 0; i < len(pairs); i += 2 {
		e.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	return b.Bytes()
}

// The things that a script may do.
func answer(f *http2.Framer, id uint32) {
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: true, BlockFragment: block(":status", "200", "content-type", "application/grpc")})
	f.WriteData(id, false, envelope(0, encoded("hi")))
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, EndHeaders: true, EndStream: true, BlockFragment: block("grpc-status", "0")})
}

func reset(code http2.ErrCode) script {
	return func(f *http2.Framer, id uint32) { f.WriteRSTStream(id, code) }
}

func goAway(last uint32, code http2.ErrCode) script {
	return func(f *http2.Framer, id uint32) { f.WriteGoAway(last, code, []byte("because")) }
}

// times does first for the first n streams, then next.
func times(n int, first, next script) script {
	return func(f *http2.Framer, id uint32) {
		if n--; n >= 0 {
			first(f, id)
		} else {
			next(f, id)
		}
	}
}

func TestWhatWasNotProcessedIsSentAgain(t *testing.T) {
	tests := []struct {
		what    string
		scripts []script
		want    vologrpc.Code
		unsent  bool
		conns   int32
	}{
		{"answered", []script{answer}, vologrpc.OK, false, 1},
		{"refused once", []script{times(1, reset(http2.ErrCodeRefusedStream), answer)}, vologrpc.OK, false, 1},
		{"refused again and again", []script{reset(http2.ErrCodeRefusedStream)}, vologrpc.Unavailable, true, 1},
		{"the connection goes away before the call", []script{goAway(0, http2.ErrCodeNo), answer}, vologrpc.OK, false, 2},
		{"the connection ends in error before the call", []script{goAway(0, http2.ErrCodeEnhanceYourCalm), answer}, vologrpc.OK, false, 2},
		{"reset, who knows after what", []script{times(1, reset(http2.ErrCodeInternal), answer)}, vologrpc.Internal, false, 1},
		{"cancelled by the server", []script{times(1, reset(http2.ErrCodeCancel), answer)}, vologrpc.Canceled, false, 1},
		{"too much for the server", []script{times(1, reset(http2.ErrCodeEnhanceYourCalm), answer)}, vologrpc.ResourceExhausted, false, 1},
		{"not secure enough", []script{times(1, reset(http2.ErrCodeInadequateSecurity), answer)}, vologrpc.PermissionDenied, false, 1},
		{"reset without an error and without an answer", []script{times(1, reset(http2.ErrCodeNo), answer)}, vologrpc.Internal, false, 1},
		{"the connection goes away after the call has begun, and answers", []script{func(f *http2.Framer, id uint32) {
			goAway(id, http2.ErrCodeNo)(f, id)
			answer(f, id)
		}}, vologrpc.OK, false, 1},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			c, conns := scripted(t, tt.scripts...)
			_, err := c.get(soon(t), "hi")
			if vologrpc.CodeOf(err) != tt.want || conns.Load() != tt.conns {
				t.Fatalf("got %v over %d connections, want %v over %d", err, conns.Load(), tt.want, tt.conns)
			}
			var e *vologrpc.Error
			if errors.As(err, &e) && e.Unsent != tt.unsent {
				t.Errorf("unsent is %t, want %t", e.Unsent, tt.unsent)
			}
		})
	}
}
