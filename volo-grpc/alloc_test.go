//go:build !race

package vologrpc_test

import (
	"context"
	"strings"
	"testing"
)

// TestAllocations counts what both sides of a unary call allocate together,
// the four messages of the test and their strings included.
func TestAllocations(t *testing.T) {
	c := dial(t, serve(t, echo))
	value := strings.Repeat("x", 1024)
	ctx := context.Background()
	n := testing.AllocsPerRun(1000, func() {
		if _, err := c.get(ctx, value); err != nil {
			t.Fatal(err)
		}
	})
	// Measured: 13, of which 6 are the test's.
	if n > 14 {
		t.Errorf("a call takes %v allocations, want at most 14", n)
	}
}
