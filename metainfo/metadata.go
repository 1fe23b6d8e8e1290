package metainfo

import "iter"

// A KV is one key and its value. The key bears no prefix.
type KV struct {
	Key, Value string
}

// Metadata is one immutable node: everything that a context carries forward.
// All methods work on a nil *Metadata, which is empty.
type Metadata struct {
	persistent list
	transient  list
	upstream   list
}

// Persistent returns the persistent value of key.
func (m *Metadata) Persistent(key string) (string, bool) {
	if m == nil {
		return "", false
	}
	return m.persistent.get(key)
}

// Transient returns the value of key that the next hop will receive.
func (m *Metadata) Transient(key string) (string, bool) {
	if m == nil {
		return "", false
	}
	return m.transient.get(key)
}

// Upstream returns the transient value of key that the caller sent.
func (m *Metadata) Upstream(key string) (string, bool) {
	if m == nil {
		return "", false
	}
	return m.upstream.get(key)
}

// Persistents iterates over the persistent values.
func (m *Metadata) Persistents() iter.Seq2[string, string] {
	return m.all().persistent.each()
}

// Transients iterates over the values for the next hop.
func (m *Metadata) Transients() iter.Seq2[string, string] {
	return m.all().transient.each()
}

// Upstreams iterates over the transient values that the caller sent.
func (m *Metadata) Upstreams() iter.Seq2[string, string] {
	return m.all().upstream.each()
}

// Outgoing iterates over what a client sends: persistent values, then
// transient ones. Written before each key goes the kind's prefix.
func (m *Metadata) Outgoing() iter.Seq2[Kind, KV] {
	persistent, transient := m.all().persistent, m.all().transient
	return func(yield func(Kind, KV) bool) {
		for _, kv := range persistent {
			if !yield(KindPersistent, kv) {
				return
			}
		}
		for _, kv := range transient {
			if !yield(KindTransient, kv) {
				return
			}
		}
	}
}

// OutgoingLen returns how many values [Metadata.Outgoing] yields.
func (m *Metadata) OutgoingLen() int {
	return len(m.all().persistent) + len(m.all().transient)
}

// OutgoingSize returns the bytes of all outgoing keys, their prefixes
// included, and values. What a protocol puts around each is not counted.
func (m *Metadata) OutgoingSize() int {
	persistent, transient := m.all().persistent, m.all().transient
	return persistent.size() + len(persistent)*len(PrefixPersist) +
		transient.size() + len(transient)*len(PrefixTransient)
}

var empty Metadata

// all returns m, or an empty node for nil.
func (m *Metadata) all() *Metadata {
	if m == nil {
		return &empty
	}
	return m
}

// A list holds few values, each key once, in the order they were first set.
// A list that a node holds is never written again.
type list []KV

func (l list) index(key string) int {
	for i := range l {
		if l[i].Key == key {
			return i
		}
	}
	return -1
}

func (l list) get(key string) (string, bool) {
	if i := l.index(key); i >= 0 {
		return l[i].Value, true
	}
	return "", false
}

// each iterates over l. It is small enough to be inlined, so that ranging
// over it allocates nothing.
func (l list) each() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range l {
			if !yield(l[i].Key, l[i].Value) {
				return
			}
		}
	}
}

func (l list) size() int {
	n := 0
	for i := range l {
		n += len(l[i].Key) + len(l[i].Value)
	}
	return n
}

// with returns a copy of l in which key has value.
func (l list) with(key, value string) list {
	c := make(list, len(l), len(l)+1)
	copy(c, l)
	return c.set(key, value)
}

// withPairs returns a copy of l with keys and values taken in turn.
func (l list) withPairs(pairs []string) list {
	c := make(list, len(l), len(l)+len(pairs)/2)
	copy(c, l)
	for i := 0; i+1 < len(pairs); i += 2 {
		c = c.set(pairs[i], pairs[i+1])
	}
	return c
}

// set changes l itself, which must not be part of a node yet.
func (l list) set(key, value string) list {
	if key == "" {
		return l
	}
	if i := l.index(key); i >= 0 {
		l[i].Value = value
		return l
	}
	return append(l, KV{key, value})
}

// without returns l without key; l itself if key is not there.
func (l list) without(key string) list {
	i := l.index(key)
	if i < 0 {
		return l
	}
	c := make(list, 0, len(l)-1)
	return append(append(c, l[:i]...), l[i+1:]...)
}
