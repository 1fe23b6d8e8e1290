package discovery

import (
	"maps"

	"github.com/volo-go/volo/motore/rpc"
)

// A Change is what makes one snapshot out of another. Instances are told
// apart by their address.
type Change struct {
	Added   []Instance
	Updated []Instance // as they are now: the weight or the tags differ
	Removed []Instance // as they were
}

// IsZero reports whether nothing has changed.
func (c Change) IsZero() bool {
	return len(c.Added) == 0 && len(c.Updated) == 0 && len(c.Removed) == 0
}

// Diff returns the change from before to after, in the order of the
// snapshots; their own order does not matter. Each must hold an address once.
func Diff(before, after []Instance) Change {
	var c Change
	old := make(map[rpc.Address]Instance, len(before))
	for _, in := range before {
		old[in.Address] = in
	}
	for _, in := range after {
		was, ok := old[in.Address]
		switch {
		case !ok:
			c.Added = append(c.Added, in)
		case was.Weight != in.Weight || !maps.Equal(was.Tags, in.Tags):
			c.Updated = append(c.Updated, in)
		}
		delete(old, in.Address)
	}
	for _, in := range before {
		if _, gone := old[in.Address]; gone {
			c.Removed = append(c.Removed, in)
		}
	}
	return c
}
