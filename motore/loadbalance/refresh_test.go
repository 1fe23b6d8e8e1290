package loadbalance_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
)

// refreshing is a Discoverer that counts how often it is asked to look again.
type refreshing struct {
	discovery.Discoverer
	asked atomic.Int32
}

func (r *refreshing) Refresh(service string) {
	if service == "shop.item" {
		r.asked.Add(1)
	}
}

func TestAttemptsThatFailMakeTheDiscovererLookAgain(t *testing.T) {
	for _, c := range []struct {
		what string
		err  error
		want int32
	}{
		{"success", nil, 0},
		{"a failure that says nothing of the instance", context.Canceled, 0},
		{"nothing was sent, to each of two", unsent(true), 2},
	} {
		d := &refreshing{Discoverer: fixed(at("a:1", "b:1"))}
		cfg := configOf(d)
		cfg.MaxAttempts = 2
		s := loadbalance.New(cfg)
		s.Layer(motore.ServiceFunc[*request, string](func(context.Context, *request) (string, error) {
			return "", c.err
		})).Call(t.Context(), toItems())
		s.Close()
		if got := d.asked.Load(); got != c.want {
			t.Errorf("%s: got %d requests to look again, want %d", c.what, got, c.want)
		}
	}
}
