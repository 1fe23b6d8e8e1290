// Package keyed keeps something for each key that calls come with: a circuit
// for each instance, a bucket for each caller. Finding what is there takes no
// lock and allocates nothing; how many there are is bounded, since keys come
// from the network.
package keyed

import (
	"iter"
	"sync"
	"sync/atomic"
)

// A Map holds a *V for each K. The zero value is ready; it must not be copied.
// It may be used concurrently.
type Map[K comparable, V any] struct {
	known atomic.Pointer[map[K]*V] // read without a lock, replaced as a whole

	mu     sync.Mutex
	recent map[K]*V // not yet in known
	misses int      // of known, since it was replaced
}

// Terms are those on which a [Map] keeps values; they are the same for each
// call of Find.
type Terms[K comparable, V any] struct {
	// Max is how many there are at most. When there are as many, idle ones
	// make room.
	Max  int
	New  func(key K) *V
	Idle func(v *V) bool // whether forgetting v loses nothing
}

// Find returns the value of key, which it makes if there is none; nil if there
// are too many.
func (m *Map[K, V]) Find(key K, terms *Terms[K, V]) *V {
	if known := m.known.Load(); known != nil {
		if found := (*known)[key]; found != nil {
			return found
		}
	}
	return m.look(key, terms)
}

// look finds what Find has missed. A miss pays for its part of the next copy,
// so that a new key costs the same however many there are.
func (m *Map[K, V]) look(key K, terms *Terms[K, V]) *V {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.settled()
	found := known[key]
	if found == nil {
		found = m.recent[key]
	}
	if found == nil && len(known)+len(m.recent) < terms.Max {
		found = terms.New(key)
		if m.recent == nil {
			m.recent = make(map[K]*V)
		}
		m.recent[key] = found
	}
	if m.misses++; m.misses >= len(known) {
		m.merge(terms, found)
	}
	return found
}

// settled returns what is read without a lock.
func (m *Map[K, V]) settled() map[K]*V {
	if p := m.known.Load(); p != nil {
		return *p
	}
	return nil
}

// merge makes what is recent known, and makes room if there is none. What is
// about to be used is kept.
func (m *Map[K, V]) merge(terms *Terms[K, V], used *V) {
	known := m.settled()
	full := len(known)+len(m.recent) >= terms.Max
	merged := make(map[K]*V, len(known)+len(m.recent))
	for _, part := range []map[K]*V{known, m.recent} {
		for key, v := range part {
			if !full || v == used || !terms.Idle(v) {
				merged[key] = v
			}
		}
	}
	m.known.Store(&merged)
	m.recent, m.misses = nil, 0
}

// All returns what there is, in no order.
func (m *Map[K, V]) All() iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		m.mu.Lock()
		known := m.settled()
		recent := make(map[K]*V, len(m.recent))
		for key, v := range m.recent {
			recent[key] = v
		}
		m.mu.Unlock()
		for _, part := range []map[K]*V{known, recent} {
			for key, v := range part {
				if !yield(key, v) {
					return
				}
			}
		}
	}
}
