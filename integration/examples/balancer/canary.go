package main

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
)

// A canary is a balancer that sends one call in so many to the instances that
// are tagged as canaries, and all others to the rest, each in turn.
type canary int

// Balance is called whenever the instances change.
func (every canary) Balance(instances []discovery.Instance) loadbalance.Picker {
	var rest, canaries []int
	for i, in := range instances {
		if in.Tags["canary"] != "" {
			canaries = append(canaries, i)
		} else {
			rest = append(rest, i)
		}
	}
	var calls atomic.Uint64
	return loadbalance.PickerFunc(func(_ context.Context, tried loadbalance.Tried) (int, error) {
		n, groups := calls.Add(1), [][]int{rest, canaries}
		if n%uint64(every) == 0 {
			slices.Reverse(groups)
		}
		// The second group is better than none.
		for _, group := range groups {
			for k := range group {
				if i := group[(n+uint64(k))%uint64(len(group))]; !tried.Has(i) {
					return i, nil
				}
			}
		}
		return 0, loadbalance.ErrNoInstance
	})
}
