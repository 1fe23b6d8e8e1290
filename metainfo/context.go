package metainfo

import (
	"context"
	"iter"
)

type metadataKey struct{}

// Key is the key under which a context answers with its *[Metadata]. It is
// exported for frameworks, whose own context type may answer it directly, so
// that call and context share one allocation; a nil *Metadata says that there
// is none. Everyone else uses [FromContext] and [NewContext].
var Key any = metadataKey{}

// FromContext returns what ctx carries; nil, which is usable, for nothing.
func FromContext(ctx context.Context) *Metadata {
	m, _ := ctx.Value(Key).(*Metadata)
	return m
}

// NewContext returns a context that carries m and nothing of what parent
// carries; a nil m therefore removes all.
func NewContext(parent context.Context, m *Metadata) context.Context {
	return context.WithValue(parent, Key, m)
}

// A node is a context and its metadata in one allocation.
type node struct {
	context.Context
	m Metadata
}

func (n *node) Value(key any) any {
	if _, ok := key.(metadataKey); ok {
		return &n.m
	}
	return n.Context.Value(key)
}

// derive returns a node below ctx that carries what ctx carries.
func derive(ctx context.Context) *node {
	return &node{ctx, *FromContext(ctx).all()}
}

// WithPersistent returns a context that carries value under key to every
// process down the line.
func WithPersistent(ctx context.Context, key, value string) context.Context {
	if key == "" {
		return ctx
	}
	n := derive(ctx)
	n.m.persistent = n.m.persistent.with(key, value)
	return n
}

// WithPersistents is [WithPersistent] for several values at once: key, value,
// key, value. It panics if the last key has no value.
func WithPersistents(ctx context.Context, pairs ...string) context.Context {
	mustPair(pairs)
	if len(pairs) == 0 {
		return ctx
	}
	n := derive(ctx)
	n.m.persistent = n.m.persistent.withPairs(pairs)
	return n
}

// WithoutPersistent returns a context without the persistent value of key.
func WithoutPersistent(ctx context.Context, key string) context.Context {
	if _, ok := Persistent(ctx, key); !ok {
		return ctx
	}
	n := derive(ctx)
	n.m.persistent = n.m.persistent.without(key)
	return n
}

// WithTransient returns a context that carries value under key to the next
// process and no further.
//
// Keys that begin with UPSTREAM_ do not arrive: RPC_TRANSIT_UPSTREAM_ marks
// values whose hop is over.
func WithTransient(ctx context.Context, key, value string) context.Context {
	if key == "" {
		return ctx
	}
	n := derive(ctx)
	n.m.transient = n.m.transient.with(key, value)
	return n
}

// WithTransients is [WithTransient] for several values at once: key, value,
// key, value. It panics if the last key has no value.
func WithTransients(ctx context.Context, pairs ...string) context.Context {
	mustPair(pairs)
	if len(pairs) == 0 {
		return ctx
	}
	n := derive(ctx)
	n.m.transient = n.m.transient.withPairs(pairs)
	return n
}

// WithoutTransient returns a context without the value of key for the next
// hop. Upstream values stay; they are not sent anyway.
func WithoutTransient(ctx context.Context, key string) context.Context {
	if _, ok := Transient(ctx, key); !ok {
		return ctx
	}
	n := derive(ctx)
	n.m.transient = n.m.transient.without(key)
	return n
}

func mustPair(pairs []string) {
	if len(pairs)%2 != 0 {
		panic("metainfo: key " + pairs[len(pairs)-1] + " has no value")
	}
}

// Persistent returns the persistent value of key.
func Persistent(ctx context.Context, key string) (string, bool) {
	return FromContext(ctx).Persistent(key)
}

// Transient returns the value of key that the next hop will receive. What
// this process received as transient is found by [Upstream].
func Transient(ctx context.Context, key string) (string, bool) {
	return FromContext(ctx).Transient(key)
}

// Upstream returns the transient value of key that the caller sent.
func Upstream(ctx context.Context, key string) (string, bool) {
	return FromContext(ctx).Upstream(key)
}

// Persistents iterates over the persistent values, without allocating.
func Persistents(ctx context.Context) iter.Seq2[string, string] {
	return values(ctx).persistent.each()
}

// Transients iterates over the values for the next hop, without allocating.
func Transients(ctx context.Context) iter.Seq2[string, string] {
	return values(ctx).transient.each()
}

// Upstreams iterates over the transient values that the caller sent, without
// allocating.
func Upstreams(ctx context.Context) iter.Seq2[string, string] {
	return values(ctx).upstream.each()
}

// values must not be inlined: that leaves the functions above small enough to
// be, and only then does ranging over them allocate nothing.
//
//go:noinline
func values(ctx context.Context) *Metadata {
	if m, _ := ctx.Value(Key).(*Metadata); m != nil {
		return m
	}
	return &empty
}
