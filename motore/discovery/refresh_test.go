package discovery_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// askedAgain is a Refresher that keeps what it is asked.
type askedAgain struct{ services []string }

func (*askedAgain) Watch(context.Context, string, func([]discovery.Instance)) error { return nil }
func (a *askedAgain) Refresh(service string)                                        { a.services = append(a.services, service) }

func TestRefreshPassesThrough(t *testing.T) {
	all := func(string, discovery.Instance) bool { return true }
	for what, wrap := range map[string]func(discovery.Discoverer) discovery.Discoverer{
		"Filter": func(d discovery.Discoverer) discovery.Discoverer { return discovery.Filter(d, all) },
		"WarmUp": func(d discovery.Discoverer) discovery.Discoverer {
			return discovery.WarmUp(d, discovery.WarmUpConfig{Duration: time.Hour})
		},
	} {
		var a askedAgain
		wrap(&a).(discovery.Refresher).Refresh("shop.item")
		if got := fmt.Sprint(a.services); got != "[shop.item]" {
			t.Errorf("%s: got %s passed on, want shop.item", what, got)
		}
		// One that cannot be asked is left alone.
		wrap(discovery.Static(rpc.TCP("a:1"))).(discovery.Refresher).Refresh("shop.item")
	}
	var _ discovery.Refresher = discovery.NewDNS(discovery.DNSConfig{})
}
