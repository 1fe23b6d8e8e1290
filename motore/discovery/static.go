package discovery

import (
	"context"
	"slices"

	"github.com/volo-go/volo/motore/rpc"
)

// Static returns a Discoverer that gives these addresses, all with the same
// weight, to whatever service is asked for.
func Static(addresses ...rpc.Address) Discoverer {
	instances := make([]Instance, len(addresses))
	for i, a := range addresses {
		instances[i] = Instance{Address: a}
	}
	return WeightedStatic(instances...)
}

// WeightedStatic returns a Discoverer that gives these instances to whatever
// service is asked for. Of several with the same address the first counts.
func WeightedStatic(instances ...Instance) Discoverer {
	return static(Distinct(slices.Clone(instances)))
}

type static []Instance

func (s static) Watch(ctx context.Context, _ string, update func([]Instance)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	update(s[:len(s):len(s)])
	return nil
}

// Distinct removes instances whose address is zero or has been there before.
// It rewrites the slice, so it is for who builds a snapshot.
func Distinct(instances []Instance) []Instance {
	seen := make(map[rpc.Address]bool, len(instances))
	return slices.DeleteFunc(instances, func(in Instance) bool {
		double := seen[in.Address] || in.Address.IsZero()
		seen[in.Address] = true
		return double
	})
}
