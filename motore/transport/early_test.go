package transport_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// A peer that sends before it is asked is noticed by the first Exchange, which
// would otherwise wait for an edge that has come and gone.
func TestExchangeSeesWhatCameBefore(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Write([]byte("early"))
		c.Read(make([]byte, 16)) // takes the request and says nothing more
		c.Read(make([]byte, 16))
		c.Close()
	}()
	{
		c, err := (&transport.Dialer{Engine: transport.EngineNet}).Dial(context.Background(), rpc.AddressOf(l.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		for c.Alive() { // until the bytes are here
			time.Sleep(time.Millisecond)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		in := make([]byte, 16)
		n, err := c.Exchange([]byte("request"), in)
		if got := string(in[:n]); got != "early" || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, "early")
		}
		c.Close()
	}
}
