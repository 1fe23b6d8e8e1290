package breaker_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
)

type discreet struct{}

func (discreet) Discreet() bool                                { return true }
func (discreet) Call(context.Context, request) (string, error) { return "", nil }

func TestTheLayerIsDiscreetUnlessAUserSeesCalls(t *testing.T) {
	for _, test := range []struct {
		what   string
		config breaker.Config
		next   motore.Service[request, string]
		want   bool
	}{
		{"nothing is set", breaker.Config{}, discreet{}, true},
		{"somebody is told of circuits", breaker.Config{Changed: func(breaker.Change) {}}, discreet{}, true},
		{"a Key is shown calls", breaker.Config{Key: breaker.ByMethod}, discreet{}, false},
		{"what it wraps says nothing", breaker.Config{}, obeying, false},
	} {
		if got := motore.IsDiscreet(breaker.New[request, string](test.config, nil)(test.next)); got != test.want {
			t.Errorf("%s: got %v, want %v", test.what, got, test.want)
		}
	}
}
