package transport_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

func TestAnIdleTimeoutOfForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nl := transport.NewMemoryListener()
		l := (&transport.ListenConfig{IdleTimeout: math.MaxInt64}).Wrap(nl)
		var ended error
		go l.Serve(func(c *transport.Conn) transport.ConnHandler {
			return &handler{
				data:   func(in []byte) (int, int, error) { return len(in), 0, c.Write(in) },
				closed: func(err error) { ended = err },
			}
		})
		nc := must(nl.Dial(t.Context()))
		time.Sleep(time.Hour)
		synctest.Wait()
		if ended != nil {
			t.Errorf("got %v within an hour, want it open", ended)
		}
		nc.Close()
		l.Close()
		l.Wait()
	})
}

func TestSplitWithoutALimitOfItsOwn(t *testing.T) {
	s := share(t, "TCP", transport.EngineNet, transport.SplitConfig{MaxOpening: -1})
	if got, err := s.says(s.dial(), "hello", 10); got != "rest:hello" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
