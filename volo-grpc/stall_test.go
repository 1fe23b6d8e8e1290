package vologrpc_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// TestAPeerThatTakesNothing holds no handler and no memory for ever, however wide
// it has opened its windows. One that takes a little now and then is served.
func TestAPeerThatTakesNothing(t *testing.T) {
	const limit, some = 7 * time.Second, 1 << 20
	for _, tt := range []struct {
		what  string
		pause time.Duration // before it takes some more; 0 for never
		cut   bool
	}{
		{"at all", 0, true},
		{"for as long as it may", limit - time.Second, false},
		{"for a moment too long", limit + time.Second, true},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := transport.NewMemoryListener()
				failed := make(chan time.Duration, 1)
				begun := time.Now()
				startOn(t, l, notes{list: func(_ context.Context, in *note, s *vologrpc.Sender[note]) error {
					for {
						if err := s.Send(part); err != nil {
							failed <- time.Since(begun)
							return err
						}
					}
				}}, vologrpc.WithWriteTimeout(limit))
				nc := greedy(t, l, "/test.v1.Notes/List")
				stop := make(chan struct{})
				defer close(stop)
				go func() {
					for tt.pause > 0 {
						select {
						case <-stop:
							return
						case <-time.After(tt.pause):
							io.CopyN(io.Discard, nc, some)
						}
					}
				}()
				select {
				case d := <-failed:
					if !tt.cut || d != limit {
						t.Errorf("it was cut off after %v, want that: %t", d, tt.cut)
					}
				case <-time.After(10 * limit):
					if tt.cut {
						t.Error("it is still served")
					}
				}
				nc.Close()
			})
		})
	}
}

// greedy opens a call by hand, with windows that never end.
func greedy(t *testing.T, l *transport.MemoryListener, path string) net.Conn {
	t.Helper()
	nc, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(nc, xhttp2.ClientPreface)
	fr := xhttp2.NewFramer(nc, nil)
	fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1<<31 - 1})
	fr.WriteWindowUpdate(0, 1<<31-1-65535)
	var block headerBlock
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", path}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}} {
		enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndHeaders: true})
	fr.WriteData(1, true, make([]byte, 5))
	return nc
}

type headerBlock []byte

func (b *headerBlock) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// A server that takes nothing holds no call for ever that has no deadline.
func TestAServerThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() { // introduces itself, opens its windows, and takes the preface
			fr := xhttp2.NewFramer(far, nil)
			go func() {
				fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1<<31 - 1})
				fr.WriteWindowUpdate(0, 1<<31-1-65535)
			}()
			io.CopyN(io.Discard, far, int64(len(xhttp2.ClientPreface)))
		}()
		defer far.Close()
		c := dial(t, "memory.invalid:1", vologrpc.WithDialer(func(context.Context, rpc.Address) (*transport.Conn, error) {
			return transport.NewConn(near), nil
		}))
		begun := time.Now()
		_, err := c.get(context.Background(), "x")
		if took := time.Since(begun); vologrpc.CodeOf(err) != vologrpc.Unavailable || took > vologrpc.DefaultWriteTimeout+time.Second {
			t.Errorf("got %v after %v, want UNAVAILABLE after %v", err, took, vologrpc.DefaultWriteTimeout)
		}
	})
}
