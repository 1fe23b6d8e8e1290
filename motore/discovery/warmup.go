package discovery

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

const (
	// DefaultWarmUpFrom is the share that a new instance begins with, unless
	// set.
	DefaultWarmUpFrom = 0.1

	// warmUpSteps is how many times a weight grows.
	warmUpSteps = 10
)

// A WarmUpConfig says how [WarmUp] lets weights grow.
type WarmUpConfig struct {
	// Duration is how long an instance takes to get its whole weight. If it
	// is not positive, all have it at once.
	Duration time.Duration

	// From is the share of its weight that an instance begins with; zero
	// stands for [DefaultWarmUpFrom].
	From float64
}

// WarmUp returns a Discoverer that finds what d finds, but gives a new
// instance a small weight at first, which grows evenly, in ten steps, while
// its caches fill and its code gets compiled or paged in.
//
// An instance whose [TagStarted] says when it started is as old as that. One
// without is as old as it has been in d's snapshots; those of a watch's first
// snapshot are taken to be old, since then it is the client that is new.
//
// To have room for ten steps, weights below 10 are multiplied, all of a
// snapshot by the same factor; [DefaultWeight] is set where there is none.
//
// It works by snapshots rather than in a balancer, so that any balancer does
// it and a pick costs no more than without: the price is a new picker for
// every step. Balancers that do not look at weights are not changed by it;
// with those that place keys by weight, keys move while an instance warms up.
//
// It is a [Refresher], for d if d is one.
func WarmUp(d Discoverer, c WarmUpConfig) Discoverer {
	if c.From == 0 || math.IsNaN(c.From) {
		c.From = DefaultWarmUpFrom
	}
	if c.Duration <= 0 || c.From < 0 || c.From >= 1 {
		return d
	}
	return &warmUp{d, c}
}

type warmUp struct {
	d Discoverer
	c WarmUpConfig
}

func (w *warmUp) Watch(ctx context.Context, service string, update func([]Instance)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	latest := make(chan []Instance, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- w.d.Watch(ctx, service, func(instances []Instance) {
			select {
			case <-latest: // nobody needs the one before any more
			default:
			}
			latest <- instances
		})
	}()
	h := &hearth{c: w.c, update: update}
	step := time.NewTicker(max(w.c.Duration/warmUpSteps, 1))
	defer step.Stop()
	for {
		select {
		case instances := <-latest:
			h.take(instances)
		case <-step.C:
			h.say()
			if ended == nil && !h.warming {
				return nil
			}
		case <-ctx.Done():
			// The other goroutine ends as soon as the Discoverer does.
			if ended != nil {
				return <-ended
			}
			return ctx.Err()
		case err := <-ended:
			select {
			case instances := <-latest:
				h.take(instances)
			default:
			}
			if err != nil || !h.warming {
				return err
			}
			ended = nil // the instances will not change, but their weights
		}
	}
}

// Refresh implements [Refresher].
func (w *warmUp) Refresh(service string) { refresh(w.d, service) }

// A hearth is what one watch has of a [WarmUp].
type hearth struct {
	c      WarmUpConfig
	update func([]Instance)

	known     bool
	instances []Instance // as discovered
	since     map[rpc.Address]time.Time
	last      []Instance // as they were handed over
	warming   bool       // some do not have their whole weight
}

// take makes a new snapshot the one that is warmed up.
func (h *hearth) take(instances []Instance) {
	now := time.Now()
	since := make(map[rpc.Address]time.Time, len(instances))
	for _, in := range instances {
		was, old := h.since[in.Address]
		started, err := time.Parse(time.RFC3339, in.Tags[TagStarted])
		switch {
		case err == nil && started.Before(now):
			since[in.Address] = started
		case old:
			since[in.Address] = was
		case h.known:
			since[in.Address] = now
		default:
			since[in.Address] = now.Add(-h.c.Duration)
		}
	}
	h.instances, h.since = instances, since
	h.say()
	h.known = true
}

// say hands over what the weights are by now, unless they are what they were.
func (h *hearth) say() {
	out := slices.Clone(h.instances)
	factor := warmUpFactor(out)
	now := time.Now()
	h.warming = false
	for i, in := range out {
		if in.Weight < 0 {
			continue
		}
		if in.Weight == 0 {
			in.Weight = DefaultWeight
		}
		out[i].Weight = min(min(in.Weight, MaxWeight)*factor, MaxWeight)
		if age := now.Sub(h.since[in.Address]); age < h.c.Duration {
			h.warming = true
			share := h.c.From + (1-h.c.From)*float64(age)/float64(h.c.Duration)
			out[i].Weight = max(int(share*float64(out[i].Weight)), 1)
		}
	}
	if h.known && Diff(h.last, out).IsZero() {
		return
	}
	h.last = out
	h.update(out)
}

// warmUpFactor is what makes the least weight have ten steps.
func warmUpFactor(instances []Instance) int {
	least := DefaultWeight
	for _, in := range instances {
		if in.Weight > 0 {
			least = min(least, in.Weight)
		}
	}
	return (warmUpSteps + least - 1) / least
}
