package discovery

import (
	"context"
	"slices"
)

// Filter returns a Discoverer that finds those of d's instances that keep
// wants: of one version, say, or of one zone. Keep returns quickly and always
// the same for the same arguments; it may be called from any goroutine. It is
// a [Refresher], for d if d is one.
func Filter(d Discoverer, keep func(service string, instance Instance) bool) Discoverer {
	return &filter{d, keep}
}

type filter struct {
	d    Discoverer
	keep func(service string, instance Instance) bool
}

func (f *filter) Watch(ctx context.Context, service string, update func([]Instance)) error {
	return f.d.Watch(ctx, service, func(instances []Instance) {
		update(slices.DeleteFunc(slices.Clone(instances), func(in Instance) bool { return !f.keep(service, in) }))
	})
}

func (f *filter) Refresh(service string) { refresh(f.d, service) }

// refresh asks d to look again, if it is one that can be asked.
func refresh(d Discoverer, service string) {
	if r, ok := d.(Refresher); ok {
		r.Refresh(service)
	}
}
