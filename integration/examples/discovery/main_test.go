package main

import (
	"slices"
	"testing"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
)

func Example() {
	main()
	// Output:
	// by weight: map[big:6 small:2]
	// after a change: map[fresh:8]
}

// Whoever writes a discoverer has its contract tested for the asking.
func TestRegistryIsADiscoverer(t *testing.T) {
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		r := newRegistry()
		return discoverytest.Subject{
			Discoverer: r,
			Service:    "shop.name",
			Set:        func(t *testing.T, instances []discovery.Instance) { r.Set(slices.Clone(instances)...) },
		}
	})
}
