package vologrpc_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestDeadlinesTravel(t *testing.T) {
	tests := []struct {
		what string
		opts []vologrpc.ClientOption
		call []vologrpc.CallOption
		ctx  time.Duration
		want time.Duration // that the server has; 0 for none
	}{
		{"none", nil, nil, 0, 0},
		{"the context's", nil, nil, 3 * time.Second, 3 * time.Second},
		{"the client's", []vologrpc.ClientOption{vologrpc.WithTimeout(2 * time.Second)}, nil, 0, 2 * time.Second},
		{"the earlier of both: the client's", []vologrpc.ClientOption{vologrpc.WithTimeout(2 * time.Second)}, nil, 3 * time.Second, 2 * time.Second},
		{"the earlier of both: the context's", []vologrpc.ClientOption{vologrpc.WithTimeout(4 * time.Second)}, nil, 3 * time.Second, 3 * time.Second},
		{"the call's in place of the client's", []vologrpc.ClientOption{vologrpc.WithTimeout(time.Second)}, []vologrpc.CallOption{vologrpc.CallTimeout(5 * time.Second)}, 0, 5 * time.Second},
		{"a layer's", []vologrpc.ClientOption{vologrpc.WithInner(vologrpc.Timeout(time.Second))}, nil, 3 * time.Second, time.Second},
		{"a long one", nil, nil, 1000 * time.Hour, 1000 * time.Hour},
		{"a very long one, of which there is only so much", nil, nil, 290 * 365 * 24 * time.Hour, 290 * 365 * 24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var left time.Duration
				var has bool
				look := func(ctx context.Context) {
					d, ok := ctx.Deadline()
					left, has = time.Until(d).Round(time.Hour), ok
					if tt.want < time.Hour {
						left = time.Until(d)
					}
				}
				c := inMemory(t, notes{
					get: func(ctx context.Context, in *note) (*note, error) { look(ctx); return in, nil },
					list: func(ctx context.Context, in *note, s *vologrpc.Sender[note]) error {
						look(ctx)
						return nil
					},
				}, nil, tt.opts...).with(tt.call...)
				ctx := context.Background()
				if tt.ctx > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.ctx)
					defer cancel()
				}
				check := func(kind string) {
					if has != (tt.want > 0) || has && left != tt.want {
						t.Errorf("%s: got %v (%t), want %v", kind, left, has, tt.want)
					}
				}
				if _, err := c.get(ctx, ""); err != nil {
					t.Error(err)
				}
				check("unary")
				s, err := c.list(ctx, "")
				if err != nil {
					t.Fatal(err)
				}
				s.Recv()
				check("server streaming")
			})
		})
	}
}

// waiting is a handler whose methods wait for their context to end, and tell
// why it did.
func waiting(ended chan error) notes {
	wait := func(ctx context.Context) error {
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ctx.Err()
	}
	return notes{
		get:  func(ctx context.Context, in *note) (*note, error) { return nil, wait(ctx) },
		put:  func(ctx context.Context, s *vologrpc.Receiver[note]) (*note, error) { return nil, wait(ctx) },
		list: func(ctx context.Context, in *note, s *vologrpc.Sender[note]) error { return wait(ctx) },
		chat: func(ctx context.Context, s *vologrpc.Duplex[note, note]) error {
			s.SendHeader()
			return wait(ctx)
		},
	}
}

// oneOfEach makes one call of a kind that fails.
func oneOfEach(ctx context.Context, c notesClient, kind vologrpc.Kind) error {
	switch kind {
	case vologrpc.Unary:
		_, err := c.get(ctx, "")
		return err
	case vologrpc.ClientStreaming:
		s, err := c.put(ctx)
		if err != nil {
			return err
		}
		_, err = s.CloseAndRecv()
		return err
	case vologrpc.ServerStreaming:
		s, err := c.list(ctx, "")
		if err != nil {
			return err
		}
		_, err = s.Recv()
		return err
	}
	s, err := c.chat(ctx)
	if err != nil {
		return err
	}
	_, err = s.Recv()
	return err
}

var kinds = []vologrpc.Kind{vologrpc.Unary, vologrpc.ClientStreaming, vologrpc.ServerStreaming, vologrpc.BidiStreaming}

func TestCallsEndAtTheirDeadline(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan error, 1)
				c := inMemory(t, waiting(ended), nil, vologrpc.WithTimeout(3*time.Second))
				before := time.Now()
				err := oneOfEach(context.Background(), c, kind)
				if vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want DEADLINE_EXCEEDED", err)
				}
				if took := time.Since(before); took != 3*time.Second {
					t.Errorf("the call took %v, want 3s", took)
				}
				if cause := <-ended; cause != context.DeadlineExceeded && cause != vologrpc.ErrPeerGone {
					t.Errorf("the handler's context ended by %v", cause)
				}
			})
		})
	}
}

func TestCancellationReachesTheHandler(t *testing.T) {
	why := errors.New("changed my mind")
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan error, 1)
				c := inMemory(t, waiting(ended), nil)
				ctx, cancel := context.WithCancelCause(context.Background())
				time.AfterFunc(time.Second, func() { cancel(why) })
				err := oneOfEach(ctx, c, kind)
				if vologrpc.CodeOf(err) != vologrpc.Canceled || !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
					t.Errorf("got %v, want CANCELLED with its cause", err)
				}
				if cause := <-ended; cause != vologrpc.ErrPeerGone {
					t.Errorf("the handler's context ended by %v, want ErrPeerGone", cause)
				}
			})
		})
	}
}

func TestClosingAStreamReachesTheHandler(t *testing.T) {
	ended := make(chan error, 1)
	c := inMemory(t, waiting(ended), nil)
	s := c.open(t)
	for range 3 {
		s.Close()
	}
	if cause := <-ended; cause != vologrpc.ErrPeerGone {
		t.Errorf("the handler's context ended by %v, want ErrPeerGone", cause)
	}
	if _, err := s.Recv(); vologrpc.CodeOf(err) != vologrpc.Canceled {
		t.Errorf("Recv after Close: got %v, want CANCELLED", err)
	}
	if err := s.Send(of("x")); err == nil {
		t.Error("Send after Close works")
	}
}

func TestACallWhoseTimeIsOverIsNotSent(t *testing.T) {
	called := false
	c := inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) { called = true; return in, nil }}, nil)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel2 := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel2()
	for _, tt := range []struct {
		ctx  context.Context
		want vologrpc.Code
	}{{canceled, vologrpc.Canceled}, {late, vologrpc.DeadlineExceeded}} {
		_, err := c.get(tt.ctx, "")
		var e *vologrpc.Error
		if !errors.As(err, &e) || e.Code != tt.want || !e.Unsent || called {
			t.Errorf("got %v (sent: %t), want %v, unsent", err, called, tt.want)
		}
	}
}

func TestTheServerEndsItsCallsWhenItCloses(t *testing.T) {
	ended := make(chan error, 1)
	s, address := start(t, waiting(ended))
	c := dial(t, address)
	chat := c.open(t)
	defer chat.Close()
	failed := make(chan error)
	go func() {
		_, err := chat.Recv()
		failed <- err
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown with calls that do not end: got %v, want DeadlineExceeded", err)
	}
	if cause := <-ended; cause != vologrpc.ErrServerClosed && cause != vologrpc.ErrPeerGone {
		t.Errorf("the handler's context ended by %v, want ErrServerClosed", cause)
	}
	if err := <-failed; vologrpc.CodeOf(err) != vologrpc.Unavailable && vologrpc.CodeOf(err) != vologrpc.Canceled {
		t.Errorf("the call ended with %v, want UNAVAILABLE", err)
	}
}
