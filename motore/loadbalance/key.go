package loadbalance

import (
	"context"
	"math"

	"github.com/volo-go/volo/motore/discovery"
)

// A Key finds what decides where the call in ctx goes: a hash, see [Hash], and
// false if there is none, which fails the call with [ErrNoKey].
type Key func(ctx context.Context) (hash uint64, ok bool)

type keyKey struct{}

// WithKey returns a context whose calls [Consistent] and [Maglev] place by key.
// Callers use it, and layers that know what belongs together.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyKey{}, Hash(key))
}

func keyFromContext(ctx context.Context) (uint64, bool) {
	hash, ok := ctx.Value(keyKey{}).(uint64)
	return hash, ok
}

// KeyFrom returns a Key that hashes what find returns, for instance a value of
// metainfo:
//
//	loadbalance.KeyFrom(func(ctx context.Context) (string, bool) {
//		return metainfo.Persistent(ctx, "user")
//	})
func KeyFrom(find func(ctx context.Context) (key string, ok bool)) Key {
	return func(ctx context.Context) (uint64, bool) {
		key, ok := find(ctx)
		return Hash(key), ok
	}
}

// Hash returns a hash of s that is the same in every process: FNV-1a, its bits
// mixed so that similar strings land far apart.
func Hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix is a bijection in which every bit of x changes about half of the
// result: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// seed returns the hash of an instance: all that decides its places.
func seed(in discovery.Instance) uint64 {
	return Hash(in.Address.Network() + " " + in.Address.String())
}

// A placement knows where each hash belongs.
type placement interface {
	// place returns the instance of hash, or the next one in the placement's
	// own order if it has been tried or has no room. Room nil is boundless.
	// False if there is none.
	place(hash uint64, tried Tried, room *bound) (int, bool)
}

// A keyed is the Picker of a placement.
type keyed struct {
	key       Key
	placement placement
	instances int
}

// newKeyed returns the Picker of a placement, bounded unless excess is zero or
// less; again makes its successor then.
func newKeyed(key Key, p placement, excess float64, instances []discovery.Instance, before *bound,
	again func([]discovery.Instance, *bound) Picker) Picker {
	if key == nil {
		key = keyFromContext
	}
	k := keyed{key, p, len(instances)}
	if excess <= 0 {
		return &k
	}
	if math.IsNaN(excess) {
		excess = 0 // the strictest bound, rather than none
	}
	return &bounded{k, before.renew(excess, instances), again}
}

func (k *keyed) Pick(ctx context.Context, tried Tried) (int, error) {
	return k.pick(ctx, tried, nil)
}

func (k *keyed) pick(ctx context.Context, tried Tried, room *bound) (int, error) {
	if len(tried) >= k.instances {
		return 0, ErrNoInstance
	}
	hash, ok := k.key(ctx)
	if !ok {
		return 0, ErrNoKey
	}
	if i, ok := k.placement.place(hash, tried, room); ok {
		return i, nil
	}
	// Only calls that came at the same time, or that have tried all that had
	// room, can find none.
	if i, ok := k.placement.place(hash, tried, nil); ok {
		return i, nil
	}
	return 0, ErrNoInstance
}
