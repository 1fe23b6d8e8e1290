package metainfo_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestContextsAreImmutable(t *testing.T) {
	base := metainfo.WithPersistents(t.Context(), "A", "1", "B", "2")
	_ = metainfo.WithPersistent(base, "A", "changed")
	_ = metainfo.WithPersistent(base, "C", "added")
	_ = metainfo.WithPersistents(base, "B", "changed", "D", "added")
	_ = metainfo.WithoutPersistent(base, "A")
	_ = metainfo.WithTransient(base, "T", "added")
	want := map[string]values{"persistent": {"A": "1", "B": "2"}}
	if got := sees(base); !maps.EqualFunc(got, want, maps.Equal) {
		t.Errorf("got %v after deriving from it, want %v as before", got, want)
	}
}

func TestSetting(t *testing.T) {
	p := func(kvs ...string) func(context.Context) context.Context {
		return func(ctx context.Context) context.Context { return metainfo.WithPersistents(ctx, kvs...) }
	}
	tr := func(kvs ...string) func(context.Context) context.Context {
		return func(ctx context.Context) context.Context { return metainfo.WithTransients(ctx, kvs...) }
	}
	for _, c := range []struct {
		what string
		set  []func(context.Context) context.Context
		want map[string]values
	}{
		{"no pairs", []func(context.Context) context.Context{p(), tr()}, map[string]values{}},
		{"the last value of a key wins", []func(context.Context) context.Context{p("A", "1"), p("A", "2")}, map[string]values{"persistent": {"A": "2"}}},
		{"within one batch too", []func(context.Context) context.Context{tr("A", "1", "B", "b", "A", "2")}, map[string]values{"transient": {"A": "2", "B": "b"}}},
		{"an empty key does not disturb the others", []func(context.Context) context.Context{p("", "1", "B", "b")}, map[string]values{"persistent": {"B": "b"}}},
		{"taking away what is there", []func(context.Context) context.Context{tr("A", "1", "B", "2", "C", "3"), func(ctx context.Context) context.Context {
			return metainfo.WithoutTransient(ctx, "B")
		}}, map[string]values{"transient": {"A": "1", "C": "3"}}},
		{"taking away what is not there", []func(context.Context) context.Context{p("A", "1"), func(ctx context.Context) context.Context {
			return metainfo.WithoutPersistent(metainfo.WithoutTransient(ctx, "A"), "B")
		}}, map[string]values{"persistent": {"A": "1"}}},
		{"a context without metadata in between", []func(context.Context) context.Context{p("A", "1"), func(ctx context.Context) context.Context {
			return metainfo.NewContext(ctx, nil)
		}, p("B", "2")}, map[string]values{"persistent": {"B": "2"}}},
		{"other contexts in between", []func(context.Context) context.Context{p("A", "1"), context.WithoutCancel, tr("B", "2"), metainfo.WithBackward},
			map[string]values{"persistent": {"A": "1"}, "transient": {"B": "2"}}},
	} {
		ctx := t.Context()
		for _, set := range c.set {
			ctx = set(ctx)
		}
		if got := sees(ctx); !maps.EqualFunc(got, c.want, maps.Equal) {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
}

func TestAKeyWithoutAValuePanics(t *testing.T) {
	for what, f := range map[string]func(){
		"persistent": func() { metainfo.WithPersistents(t.Context(), "A", "1", "B") },
		"transient":  func() { metainfo.WithTransients(t.Context(), "A", "1", "B") },
	} {
		func() {
			defer func() {
				if got := recover(); got != "metainfo: key B has no value" {
					t.Errorf("%s: got panic %v, want one that names the key", what, got)
				}
			}()
			f()
		}()
	}
}

func TestContextsKeepTheirParent(t *testing.T) {
	type key struct{}
	parent, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "v"))
	ctx := metainfo.With(metainfo.WithBackward(metainfo.WithTransient(parent, "A", "1")), 7)
	if got := ctx.Value(key{}); got != "v" {
		t.Errorf("got value %v of the parent, want v", got)
	}
	cause := errors.New("enough")
	cancel(cause)
	if ctx.Err() != context.Canceled || context.Cause(ctx) != cause {
		t.Errorf("got %v, %v after the parent was canceled, want context canceled, enough", ctx.Err(), context.Cause(ctx))
	}
}
