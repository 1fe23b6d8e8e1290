package motore_test

import (
	"context"
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
