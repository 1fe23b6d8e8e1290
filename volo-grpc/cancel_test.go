package vologrpc_test

import (
	"context"
	"testing"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// TestNothingGoesOnAfterACancellation ends streams that would end well, right
// after their context was cancelled.
func TestNothingGoesOnAfterACancellation(t *testing.T) {
	c := inMemory(t, echo, nil)
	for range 200 {
		ctx, cancel := context.WithCancel(soon(t))
		s, err := c.chat(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Send(of("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Recv(); err != nil {
			t.Fatal(err)
		}
		cancel()
		s.CloseSend()
		if _, err := s.Recv(); vologrpc.CodeOf(err) != vologrpc.Canceled {
			t.Fatalf("got %v, want CANCELLED", err)
		}
	}
}

// TestAStreamMayBeOverWhileItOpens cancels contexts while streams open under
// them, which the race detector watches.
func TestAStreamMayBeOverWhileItOpens(t *testing.T) {
	c := inMemory(t, echo, nil)
	for range 500 {
		ctx, cancel := context.WithCancel(soon(t))
		canceled := make(chan struct{})
		go func() {
			defer close(canceled)
			cancel()
		}()
		s, err := c.chat(ctx)
		<-canceled
		if err == nil {
			_, err = s.Recv()
		}
		if vologrpc.CodeOf(err) != vologrpc.Canceled {
			t.Fatalf("got %v, want CANCELLED", err)
		}
	}
}
