package volothrift_test

import (
	"context"
	"errors"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

func TestConnectionsThatSomebodyElseAccepts(t *testing.T) {
	s := newServer(t, handler{})
	l, err := (&transport.ListenConfig{}).Listen(t.Context(), rpc.TCP("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Serve(s.Accept)
		l.Wait()
	}()
	c := newClient(t, l.Address().String())
	mustGet(t, c, "k")
	if err := s.Register(&volothrift.Service{Name: "Late"}); err == nil {
		t.Error("a service was registered after the first connection")
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: got %v", err)
	}
	if _, err := c.Get(t.Context(), "k"); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after Shutdown: got %v, want to be turned away", err)
	}
	l.Close()
	<-ended
}
