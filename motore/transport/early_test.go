package transport_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// A peer that sends before it is asked has not answered: it gets no request.
func TestExchangeSeesWhatCameBefore(t *testing.T) {
	l := closeLater(t, must(net.Listen("tcp", "127.0.0.1:0")))
	received := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			received <- err
			return
		}
		c.Write([]byte("early"))
		n, err := c.Read(make([]byte, 16))
		if n > 0 {
			err = errors.New("the request came")
		}
		received <- err
		c.Close()
	}()
	d := transport.Dialer{Engine: transport.EngineNet}
	c := closeLater(t, must(d.Dial(t.Context(), rpc.AddressOf(l.Addr()))))
	for c.Alive() { // until the bytes are here
		time.Sleep(time.Millisecond)
	}
	n, err := c.Exchange([]byte("request"), make([]byte, 16))
	var op *transport.OpError
	if !errors.As(err, &op) || op.Op != transport.OpWrite || op.Sent || n > 0 {
		t.Errorf("Exchange() = %d, %v; want a failure of the write with nothing sent", n, err)
	}
	c.Close()
	if err := soon(t, received, "the end"); err == nil || err.Error() == "the request came" {
		t.Error(err)
	}
}

// The end of the stream comes with the last answer, while the handler still runs.
func TestAnswerLast(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere it comes when the connection is closed")
	}
	forEachMedium(t, func(t *testing.T, m medium) {
		if m.name == "memory" {
			t.Skip("it comes when the connection is closed")
		}
		for _, size := range []int{1, 4 << 20} { // the kernel does not take as much as the latter at once
			gone := make(chan struct{})
			l := serve(t, m.listen(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
				return &handler{data: func(in []byte) (int, int, error) {
					err := c.AnswerLast(bytes.Repeat(in, size))
					<-gone
					return len(in), 0, err
				}}
			})
			nc := m.raw(t, l)
			nc.Write([]byte("x"))
			nc.SetReadDeadline(time.Now().Add(patience))
			if got, err := io.ReadAll(nc); len(got) != size || err != nil {
				t.Errorf("got %d bytes and %v, want %d and the end", len(got), err, size)
			}
			close(gone)
		}
	})
}
