package vologrpc_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// Connections of HTTP/1.1 end with their age, as those of HTTP/2 do: 100 s here,
// 10 % more or less.
func TestConnectionsOfHTTP1EndWhenTheyAreOld(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		what     string
		calls    []time.Duration // how long each takes, one after the other
		pause    time.Duration   // after each
		grace    time.Duration
		answers  int
		last     bool // the last answer says that it is
		from, to time.Duration
	}{
		{"between calls", []time.Duration{0}, 0, 0, 1, false, 90 * s, 110 * s},
		{"between many", []time.Duration{0, 10 * s, 0, 20 * s}, 10 * s, 0, 4, false, 90 * s, 110 * s},
		{"when the call that runs is answered", []time.Duration{0, 300 * s}, 0, 0, 2, true, 300 * s, 300 * s},
		{"when it is answered within the grace", []time.Duration{0, 300 * s}, 0, 220 * s, 2, true, 300 * s, 300 * s},
		{"when it is not", []time.Duration{0, 300 * s}, 0, 20 * s, 1, false, 110 * s, 130 * s},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := transport.NewMemoryListener()
				var takes time.Duration
				startOn(t, l, notes{get: func(_ context.Context, in *note) (*note, error) {
					time.Sleep(takes)
					return in, nil
				}}, vologrpc.WithWeb(vologrpc.Web{}), vologrpc.WithKeepalive(vologrpc.Keepalive{MaxAge: 100 * s, MaxAgeGrace: tt.grace}))
				c, begun := dialMemory(t, l), time.Now()
				answers, last := 0, false
				for _, takes = range tt.calls {
					one := envelope(0, encoded("x"))
					fmt.Fprintf(c, "%s\r\n%s", head("Get", fmt.Sprintf("Content-Length: %d", len(one))), one)
					resp, err := http.ReadResponse(c.r, nil)
					if err != nil {
						break
					}
					if b, err := io.ReadAll(resp.Body); err != nil || !bytes.Contains(b, []byte("grpc-status: 0")) {
						t.Fatalf("got the answer %q and %v", b, err)
					}
					answers, last = answers+1, resp.Close
					time.Sleep(tt.pause)
				}
				c.closed()
				if d := time.Since(begun); d < tt.from || d > tt.to {
					t.Errorf("it was closed after %v, want %v to %v", d, tt.from, tt.to)
				}
				if answers != tt.answers || last != tt.last {
					t.Errorf("got %d answers, the last of which says so: %t; want %d and %t", answers, last, tt.answers, tt.last)
				}
			})
		})
	}
}
