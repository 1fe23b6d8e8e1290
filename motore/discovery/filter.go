package discovery

import (
	"context"
	"slices"
)

// Filter returns a Discoverer that finds those of d's instances that keep
// wants: of one version, say, or of one zone. Keep returns quickly and always
// the same for the same arguments; it may be called from any goroutine.
func Filter(d Discoverer, keep func(service string, instance Instance) bool) Discoverer {
	return Func(func(ctx context.Context, service string, update func([]Instance)) error {
		return d.Watch(ctx, service, func(instances []Instance) {
			update(slices.DeleteFunc(slices.Clone(instances), func(in Instance) bool { return !keep(service, in) }))
		})
	})
}
