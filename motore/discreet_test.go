package motore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/volo-go/volo/motore"
)

type says bool

func (s says) Discreet() bool                             { return bool(s) }
func (says) Call(context.Context, string) (string, error) { return "", nil }

// embedding is what users write to change one thing of a service.
type embedding struct {
	motore.Service[string, string]
}

func TestOnlyWhoSaysSoIsDiscreet(t *testing.T) {
	for _, test := range []struct {
		what string
		v    any
		want bool
	}{
		{"who says so", says(true), true},
		{"who says the contrary", says(false), false},
		{"a function", motore.ServiceFunc[string, string](says(true).Call), false},
		{"who embeds one that says so", embedding{says(true)}, false},
		{"nothing", nil, false},
		{"a layer that does nothing, of who says so", motore.Chain(motore.Identity[string, string], nil)(says(true)), true},
	} {
		if got := motore.IsDiscreet(test.v); got != test.want {
			t.Errorf("%s: got %v, want %v", test.what, got, test.want)
		}
	}
}

// A tally counts the calls that have failed, and keeps nothing of them.
type tally struct {
	next   motore.Service[string, string]
	failed atomic.Int64
}

func (t *tally) Call(ctx context.Context, req string) (string, error) {
	resp, err := t.next.Call(ctx, req)
	if err != nil {
		t.failed.Add(1)
	}
	return resp, err
}

func (t *tally) Discreet() bool { return motore.IsDiscreet(t.next) }

func ExampleDiscreet() {
	counting := func(next motore.Service[string, string]) motore.Service[string, string] { return &tally{next: next} }
	logging := func(next motore.Service[string, string]) motore.Service[string, string] {
		return motore.ServiceFunc[string, string](next.Call) // says nothing of itself
	}
	fmt.Println(motore.IsDiscreet(motore.Chain(counting, counting)(says(true))))
	fmt.Println(motore.IsDiscreet(motore.Chain(counting, logging)(says(true))))
	// Output:
	// true
	// false
}
