package discovery_test

import (
	"context"
	"errors"
	"testing"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A causes is a registrar that says why a registration ends.
type causes struct{ began, ended chan error }

func (c causes) Register(ctx context.Context, service string, instance discovery.Instance) error {
	c.began <- nil
	<-ctx.Done()
	c.ended <- context.Cause(ctx)
	return nil
}

func TestARegistrarIsToldWhatBecomesOfTheServer(t *testing.T) {
	for _, tt := range []struct {
		what string
		end  func(*discovery.Announcer)
		over bool
	}{
		{"another process takes over", (*discovery.Announcer).HandOver, true},
		{"the server shuts down", (*discovery.Announcer).Withdraw, false},
	} {
		c := causes{make(chan error, 1), make(chan error, 1)}
		a := discovery.NewAnnouncer("shop", nil)
		a.Add(c, discovery.Announcement{Linger: -1})
		withdraw, err := a.Announce(rpc.TCP("127.0.0.1:80"))
		if err != nil {
			t.Fatal(err)
		}
		<-c.began
		tt.end(a)
		if got := errors.Is(<-c.ended, discovery.ErrHandedOver); got != tt.over {
			t.Errorf("%s: the cause is ErrHandedOver: got %t, want %t", tt.what, got, tt.over)
		}
		withdraw()
	}
}
