//go:build !race

package volothrift_test

import (
	"context"
	"strings"
	"testing"
)

// TestAllocationsOfACall counts what client and server allocate together for
// an echo of a kilobyte over TCP, generated code included: at most six each.
func TestAllocationsOfACall(t *testing.T) {
	key := strings.Repeat("k", 1024)
	for _, p := range protocols {
		c := newClient(t, serveTCP(t, handler{}), p.opts...)
		ctx := context.Background()
		call := func() {
			if _, err := c.Get(ctx, key); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			call()
		}
		n := testing.AllocsPerRun(1000, call)
		t.Logf("%s: %v allocations", p.name, n)
		if n > 12 {
			t.Errorf("%s: a call allocates %v times, want at most 12", p.name, n)
		}
	}
}
