package transport_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

type echoS struct{ c *transport.Conn }

func (e echoS) Data(in []byte) (int, int, error) { return len(in), 0, e.c.Write(in) }
func (e echoS) Closed(err error)                 { println("closed", err.Error()) }

func TestSmoke(t *testing.T) {
	for _, e := range []transport.Engine{transport.EngineNet, transport.EngineNetpoll} {
		lc := transport.ListenConfig{Engine: e}
		l, err := lc.Listen(context.Background(), rpc.TCP("127.0.0.1:0"))
		if err != nil {
			t.Fatal(err)
		}
		go l.Serve(func(c *transport.Conn) transport.ConnHandler { return echoS{c} })
		d := transport.Dialer{Engine: e}
		c, err := d.Dial(context.Background(), l.Address())
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			b := make([]byte, 10)
			n, err := c.Exchange([]byte("hello"), b)
			if n != 5 || err != nil {
				t.Fatal(n, err)
			}
		}
		c.Close()
		l.Close()
		l.Wait()
	}
}
