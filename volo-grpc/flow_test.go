package vologrpc_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// part is what the floods below consist of.
var part = of(strings.Repeat("x", 10<<10))

// inFlight is more than windows and buffers let through of a flood that nobody
// receives: 1 MiB of the stream, 4 MiB of the writer.
const inFlight = 6 << 20 / (10 << 10)

func TestAHandlerIsHeldUpByAClientThatDoesNotReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int32
		ended := make(chan error, 1)
		c := inMemory(t, notes{list: func(ctx context.Context, _ *note, s *vologrpc.Sender[note]) error {
			for {
				if err := s.Send(part); err != nil {
					ended <- err
					return err
				}
				sent.Add(1)
			}
		}}, nil)
		s, err := c.list(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 { // far more than the window
			if _, err := s.Recv(); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if n := sent.Load(); n > 1000+inFlight {
			t.Errorf("%d messages were sent, 1000 received", n)
		}
		if _, err := c.get(t.Context(), ""); err == nil {
			t.Error("there is no handler of Get")
		} // other calls pass
		s.Close()
		if err := <-ended; vologrpc.CodeOf(err) != vologrpc.Canceled {
			t.Errorf("Send after the client has closed: got %v, want CANCELLED", err)
		}
	})
}

func TestAClientIsHeldUpByAHandlerThatDoesNotReceive(t *testing.T) {
	tests := []struct {
		what string
		end  func(cancel context.CancelFunc, goOn chan struct{}) // what ends the waiting
		opts []vologrpc.CallOption
		want vologrpc.Code
	}{
		{"until the handler returns", func(_ context.CancelFunc, goOn chan struct{}) { close(goOn) }, nil, vologrpc.Aborted},
		{"until the caller cancels", func(cancel context.CancelFunc, _ chan struct{}) { cancel() }, nil, vologrpc.Canceled},
		{"until the deadline", func(context.CancelFunc, chan struct{}) { time.Sleep(10 * time.Second) }, []vologrpc.CallOption{vologrpc.CallTimeout(5 * time.Second)}, vologrpc.DeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				goOn := make(chan struct{})
				c := inMemory(t, notes{put: func(ctx context.Context, s *vologrpc.Receiver[note]) (*note, error) {
					select {
					case <-goOn:
					case <-ctx.Done():
						time.Sleep(time.Second) // lest it answer before the caller has noticed
					}
					return nil, vologrpc.Errorf(vologrpc.Aborted, "enough")
				}}, nil).with(tt.opts...)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				s, err := c.put(ctx)
				if err != nil {
					t.Fatal(err)
				}
				var sent atomic.Int32
				failed := make(chan error, 1)
				go func() {
					for {
						if err := s.Send(part); err != nil {
							failed <- err
							return
						}
						sent.Add(1)
					}
				}()
				synctest.Wait()
				if n := sent.Load(); n > inFlight {
					t.Errorf("%d messages were sent, none received", n)
				}
				tt.end(cancel, goOn)
				if err := <-failed; err != io.EOF {
					t.Errorf("Send: got %v, want io.EOF", err)
				}
				if _, err := s.CloseAndRecv(); vologrpc.CodeOf(err) != tt.want {
					t.Errorf("CloseAndRecv: got %v, want %v", err, tt.want)
				}
			})
		})
	}
}

func TestAnAnswerBeforeTheEndOfTheRequests(t *testing.T) {
	c := inMemory(t, notes{put: func(ctx context.Context, s *vologrpc.Receiver[note]) (*note, error) {
		return s.Recv()
	}}, nil)
	s, err := c.put(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	for {
		if err := s.Send(part); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if m, err := s.CloseAndRecv(); err != nil || m.Value != part.Value {
		t.Errorf("got %v, want the first message", err)
	}
}

func TestStreamsThatAreMisused(t *testing.T) {
	c := inMemory(t, echo, nil)
	s, err := c.chat(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	s.CloseSend()
	s.CloseSend()
	if err := s.Send(of("x")); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("Send after CloseSend: got %v, want an error that says so", err)
	}
	if _, err := s.Recv(); err != io.EOF {
		t.Errorf("Recv: got %v, want io.EOF", err)
	}
	s.Close()
	s.Close()
}
