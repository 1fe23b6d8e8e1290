//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport_test

import (
	"io"
	"net"
	"testing"

	"github.com/volo-go/volo/motore/transport"
)

// A finisher is a handler after whose Data the peer may well have closed.
type finisher struct{ *handler }

func (finisher) Finished() bool { return true }

// The last bytes and the end come as one event. A handler that is finished sees
// the end at once, the others at the next sweep.
func TestAFinisherSeesTheEndAtOnce(t *testing.T) {
	const finishers, last = 5, "last"
	closed := make(chan string, finishers+1)
	gate := make(chan struct{})
	reading := make(chan struct{})
	makes := func(name string, wrap func(*handler) transport.ConnHandler) func(c *transport.Conn) transport.ConnHandler {
		return func(c *transport.Conn) transport.ConnHandler {
			return wrap(&handler{
				data: func(in []byte) (int, int, error) {
					if string(in) == "wait" {
						reading <- struct{}{}
						<-gate
						return len(in), 0, nil
					}
					if string(in) != last {
						c.Write(in)
					}
					return len(in), 0, nil
				},
				closed: func(error) { closed <- name },
			})
		}
	}
	turn := func(nc net.Conn) {
		nc.Write([]byte("x"))
		io.ReadFull(nc, make([]byte, 1))
	}
	other := closeLater(t, must(net.Dial(serve(t, mustListen(t, new(transport.ListenConfig), tcpAny(t)), echo).Address().Dial())))
	// end makes a connection busy, then sends its last bytes and closes while
	// nobody reads.
	end := func(l *transport.Listener) {
		nc := closeLater(t, must(net.Dial(l.Address().Dial())))
		for range 20 {
			turn(nc)
		}
		nc.Write([]byte("wait"))
		soon(t, reading, "Data")
		nc.Write([]byte(last))
		nc.Close()
		turn(other) // the poller has seen both by then
		gate <- struct{}{}
	}
	patient := serve(t, mustListen(t, new(transport.ListenConfig), tcpAny(t)),
		makes("patient", func(h *handler) transport.ConnHandler { return h }))
	eager := serve(t, mustListen(t, new(transport.ListenConfig), tcpAny(t)),
		makes("eager", func(h *handler) transport.ConnHandler { return finisher{h} }))
	end(patient)
	for range finishers {
		end(eager)
	}
	for range finishers {
		if got := soon(t, closed, "Closed"); got != "eager" {
			t.Errorf("the %s handler was closed, want an eager one", got)
		}
	}
	if got := soon(t, closed, "Closed"); got != "patient" {
		t.Errorf("the %s handler was closed last, want the patient one", got)
	}
}
