package metainfo

import "context"

type typedKey[T any] struct{}

type typedNode[T any] struct {
	context.Context
	v T
}

func (n *typedNode[T]) Value(key any) any {
	if _, ok := key.(typedKey[T]); ok {
		return &n.v
	}
	return n.Context.Value(key)
}

// With returns a context that holds v under its type T: one value per type,
// within this process only. Define a type of your own for what you store.
func With[T any](ctx context.Context, v T) context.Context {
	return &typedNode[T]{ctx, v}
}

// Value returns the value of type T that ctx holds.
func Value[T any](ctx context.Context) (T, bool) {
	if p, ok := ctx.Value(typedKey[T]{}).(*T); ok {
		return *p, true
	}
	var zero T
	return zero, false
}
