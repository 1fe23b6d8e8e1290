package vologrpc_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A streamOf of each kind, with what comes back from a server that answers, or
// echoes.
var streamKinds = []struct {
	what string
	call func(ctx context.Context, c notesClient) (string, error)
}{
	{"server streaming", func(ctx context.Context, c notesClient) (string, error) {
		s, err := c.list(ctx, "hi")
		if err != nil {
			return "", err
		}
		defer s.Close()
		return drain(s.Recv)
	}},
	{"client streaming", func(ctx context.Context, c notesClient) (string, error) {
		s, err := c.put(ctx)
		if err != nil {
			return "", err
		}
		for _, part := range []string{"h", "i"} {
			s.Send(of(part))
		}
		out, err := s.CloseAndRecv()
		return out.GetValue(), err
	}},
	{"bidi streaming", func(ctx context.Context, c notesClient) (string, error) {
		s, err := c.chat(ctx)
		if err != nil {
			return "", err
		}
		defer s.Close()
		for _, part := range []string{"h", "i"} {
			s.Send(of(part))
		}
		s.CloseSend()
		return drain(s.Recv)
	}},
	{"bidi streaming, header first", func(ctx context.Context, c notesClient) (string, error) {
		s, err := c.chat(ctx)
		if err != nil {
			return "", err
		}
		defer s.Close()
		s.Send(of("hi"))
		if _, err := s.Header(); err != nil {
			return "", err
		}
		s.CloseSend()
		return drain(s.Recv)
	}},
}

func drain(recv func() (*note, error)) (all string, err error) {
	for {
		in, err := recv()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all += in.Value
	}
}

func TestStreamsThatWereNotProcessedAreSentAgain(t *testing.T) {
	for _, tt := range []struct {
		what    string
		refusal script
		times   int // of the first calls; then there is an answer
		want    vologrpc.Code
		conns   int32
	}{
		{"answered", nil, 0, vologrpc.OK, 1},
		{"refused once", reset(http2.ErrCodeRefusedStream), 1, vologrpc.OK, 1},
		{"refused twice", reset(http2.ErrCodeRefusedStream), 2, vologrpc.OK, 1},
		{"refused again and again", reset(http2.ErrCodeRefusedStream), 100, vologrpc.Unavailable, 1},
		{"the connection goes away before the call", goAway(0, http2.ErrCodeNo), 1, vologrpc.OK, 2},
		{"reset, who knows after what", reset(http2.ErrCodeInternal), 1, vologrpc.Internal, 1},
	} {
		for _, kind := range streamKinds {
			t.Run(tt.what+", "+kind.what, func(t *testing.T) {
				c, conns := scripted(t, times(tt.times, tt.refusal, answer), answer)
				got, err := kind.call(soon(t), c)
				if vologrpc.CodeOf(err) != tt.want || err == nil && got != "hi" || conns.Load() != tt.conns {
					t.Errorf("got %q and %v over %d connections, want %v over %d", got, err, conns.Load(), tt.want, tt.conns)
				}
			})
		}
	}
}

// flaky is echo, whose first calls of any kind fail: before anything is sent
// back, or after the header.
func flaky(times int, header bool, failure error, seen *[]string) notes {
	fail := func(ctx context.Context) error {
		*seen = append(*seen, vologrpc.MetadataFrom(ctx).Get("grpc-previous-rpc-attempts"))
		if len(*seen) > times {
			return nil
		}
		if header {
			vologrpc.SendHeader(ctx)
		}
		return failure
	}
	return notes{
		put: func(ctx context.Context, s *vologrpc.Receiver[note]) (*note, error) {
			if err := fail(ctx); err != nil {
				return nil, err
			}
			return echo.put(ctx, s)
		},
		list: func(ctx context.Context, in *note, s *vologrpc.Sender[note]) error {
			if err := fail(ctx); err != nil {
				return err
			}
			return echo.list(ctx, in, s)
		},
		chat: func(ctx context.Context, s *vologrpc.Duplex[note, note]) error {
			if err := fail(ctx); err != nil {
				return err
			}
			return echo.chat(ctx, s)
		},
	}
}

func TestStreamsAreRetried(t *testing.T) {
	unavailable := vologrpc.Errorf(vologrpc.Unavailable, "later")
	policy := vologrpc.RetryPolicy{Attempts: 3, Codes: []vologrpc.Code{vologrpc.Unavailable}}
	none := policy
	none.Codes = nil
	for _, tt := range []struct {
		what   string
		policy vologrpc.RetryPolicy
		client []vologrpc.ClientOption
		times  int
		header bool
		err    error
		want   vologrpc.Code
		seen   []string // grpc-previous-rpc-attempts
	}{
		{"no policy", none, nil, 1, false, unavailable, vologrpc.Unavailable, []string{""}},
		{"it goes well", policy, nil, 0, false, unavailable, vologrpc.OK, []string{""}},
		{"at the second attempt", policy, nil, 1, false, unavailable, vologrpc.OK, []string{"", "1"}},
		{"at the last attempt", policy, nil, 2, false, unavailable, vologrpc.OK, []string{"", "1", "2"}},
		{"not at all", policy, nil, 9, false, unavailable, vologrpc.Unavailable, []string{"", "1", "2"}},
		{"another code", policy, nil, 1, false, vologrpc.Errorf(vologrpc.Internal, "no"), vologrpc.Internal, []string{""}},
		{"the answer has begun", policy, nil, 1, true, unavailable, vologrpc.Unavailable, []string{""}},
		{"the peer forbids it", policy, nil, 1, false, unavailable.WithPushback(-1), vologrpc.Unavailable, []string{""}},
		{"past the deadline", policy, []vologrpc.ClientOption{vologrpc.WithTimeout(time.Second)}, 1, false, unavailable.WithPushback(time.Minute), vologrpc.Unavailable, []string{""}},
		{"nothing is kept", policy, []vologrpc.ClientOption{vologrpc.WithReplaySize(0)}, 1, false, unavailable, vologrpc.Unavailable, []string{""}},
	} {
		for _, kind := range streamKinds {
			t.Run(tt.what+", "+kind.what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var seen []string
					c := inMemory(t, flaky(tt.times, tt.header, tt.err, &seen), nil, append(tt.client, vologrpc.WithOuter(vologrpc.Retry(tt.policy)))...)
					got, err := kind.call(context.Background(), c)
					synctest.Wait()
					if vologrpc.CodeOf(err) != tt.want || err == nil && got != "hi" || !slices.Equal(seen, tt.seen) {
						t.Errorf("got %q and %v after attempts %q, want %v after %q", got, err, seen, tt.want, tt.seen)
					}
				})
			})
		}
	}
}

func TestWhatIsKeptOfAStreamIsBounded(t *testing.T) {
	message := strings.Repeat("x", 93) // 100 bytes with its envelope and tag
	for _, tt := range []struct {
		what string
		room int
		want vologrpc.Code
	}{
		{"less than was sent", 199, vologrpc.Unavailable},
		{"just what was sent", 200, vologrpc.OK},
		{"more than was sent", 201, vologrpc.OK},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				c := inMemory(t, notes{put: func(ctx context.Context, s *vologrpc.Receiver[note]) (*note, error) {
					if calls++; calls == 1 {
						s.Recv()
						s.Recv()
						return nil, vologrpc.Errorf(vologrpc.Unavailable, "later")
					}
					return echo.put(ctx, s)
				}}, nil, vologrpc.WithReplaySize(tt.room), vologrpc.WithOuter(vologrpc.Retry(vologrpc.RetryPolicy{
					Attempts: 2, Codes: []vologrpc.Code{vologrpc.Unavailable},
				})))
				s, err := c.put(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				s.Send(of(message))
				s.Send(of(message))
				got, err := s.CloseAndRecv()
				if vologrpc.CodeOf(err) != tt.want || err == nil && got.Value != message+message {
					t.Errorf("got %d bytes and %v, want %v", len(got.GetValue()), err, tt.want)
				}
			})
		})
	}
}

// Who only sends gets no error for an attempt that has failed, and the next
// one gets all that was sent.
func TestASenderDoesNotNoticeAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		c := inMemory(t, flaky(1, false, vologrpc.Errorf(vologrpc.Unavailable, "later"), &seen), nil,
			vologrpc.WithOuter(vologrpc.Retry(vologrpc.RetryPolicy{Attempts: 2, Codes: []vologrpc.Code{vologrpc.Unavailable}})))
		s, err := c.put(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"a", "b", "c", "d"} {
			if err := s.Send(of(part)); err != nil {
				t.Fatalf("%s: %v", part, err)
			}
			synctest.Wait()
		}
		if got, err := s.CloseAndRecv(); err != nil || got.Value != "abcd" {
			t.Errorf("got %v and %v", got, err)
		}
		if err := s.Send(of("e")); err == nil {
			t.Error("a message is taken after the end")
		}
	})
}

func TestAStreamEndsOnce(t *testing.T) {
	for _, tt := range []struct {
		what string
		end  func(s *vologrpc.BidiStreamCall[note, note], cancel func())
		want vologrpc.Code
	}{
		{"to its end", func(s *vologrpc.BidiStreamCall[note, note], _ func()) { s.CloseSend(); drain(s.Recv) }, vologrpc.OK},
		{"closed", func(s *vologrpc.BidiStreamCall[note, note], _ func()) { s.Close() }, vologrpc.Canceled},
		{"abandoned", func(_ *vologrpc.BidiStreamCall[note, note], cancel func()) { cancel() }, vologrpc.Canceled},
		{"out of time", func(*vologrpc.BidiStreamCall[note, note], func()) { time.Sleep(time.Minute) }, vologrpc.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			var outer, inner []error
			observe := func(ends *[]error) vologrpc.Layer {
				return func(next vologrpc.Handler) vologrpc.Handler {
					return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
						resp, err := next.Call(ctx, req)
						if err == nil {
							resp.Stream.Observe(vologrpc.StreamEvents{Ended: func(err error) { *ends = append(*ends, err) }})
						}
						return resp, err
					})
				}
			}
			retry := vologrpc.Retry(vologrpc.RetryPolicy{Attempts: 2, Codes: []vologrpc.Code{vologrpc.Unavailable}})
			var seen []string
			c := inMemory(t, flaky(1, false, vologrpc.Errorf(vologrpc.Unavailable, "later"), &seen), nil,
				vologrpc.WithTimeout(30*time.Second), vologrpc.WithOuter(observe(&outer), retry), vologrpc.WithInner(observe(&inner)))
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s, err := c.chat(ctx)
			if err != nil {
				t.Fatal(err)
			}
			s.Send(of("x"))
			if got, err := s.Recv(); err != nil || got.Value != "x" {
				t.Fatalf("%s: got %v and %v", tt.what, got, err)
			}
			tt.end(s, cancel)
			synctest.Wait()
			s.Close()
			if len(outer) != 1 || vologrpc.CodeOf(outer[0]) != tt.want {
				t.Errorf("%s: the call ends with %v, want %v once", tt.what, outer, tt.want)
			}
			if len(inner) != 2 || vologrpc.CodeOf(inner[0]) != vologrpc.Unavailable || vologrpc.CodeOf(inner[1]) != tt.want {
				t.Errorf("%s: the attempts end with %v, want UNAVAILABLE and %v", tt.what, inner, tt.want)
			}
			if _, err := s.Recv(); err == nil || tt.want != vologrpc.OK && !errors.As(err, new(*vologrpc.Error)) {
				t.Errorf("%s: receiving after the end: got %v", tt.what, err)
			}
		})
	}
}

func TestACallerWhoGoesBeforeAStreamIsSentAgainHasCanceled(t *testing.T) {
	for _, kind := range streamKinds {
		t.Run(kind.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen []string
				c := inMemory(t, flaky(9, false, vologrpc.Errorf(vologrpc.Unavailable, "later").WithPushback(time.Hour), &seen), nil,
					vologrpc.WithOuter(vologrpc.Retry(vologrpc.RetryPolicy{Attempts: 3, Codes: []vologrpc.Code{vologrpc.Unavailable}})))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Minute, cancel)
				if _, err := kind.call(ctx, c); vologrpc.CodeOf(err) != vologrpc.Canceled || len(seen) != 1 {
					t.Errorf("got %v after %d attempts, want CANCELLED after one", err, len(seen))
				}
			})
		})
	}
}

func TestRetriesOfStreamsAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		broken := flaky(1<<30, false, vologrpc.Errorf(vologrpc.Unavailable, "later"), &seen)
		h := broken
		c := inMemory(t, notes{list: func(ctx context.Context, in *note, s *vologrpc.Sender[note]) error { return h.list(ctx, in, s) }}, nil,
			vologrpc.WithOuter(vologrpc.Retry(vologrpc.RetryPolicy{
				Attempts: 3, Codes: []vologrpc.Code{vologrpc.Unavailable}, Throttle: vologrpc.NewThrottle(10, 1),
			})))
		count := func(calls int) int {
			seen = nil
			for range calls {
				s, err := c.list(context.Background(), "x")
				if err != nil {
					t.Fatal(err)
				}
				drain(s.Recv)
			}
			synctest.Wait()
			return len(seen)
		}
		// Ten tokens, as of unary calls: that a stream opens earns none.
		for i, want := range []int{3, 2, 1, 1} {
			if got := count(1); got != want {
				t.Errorf("call %d: got %d attempts, want %d", i, got, want)
			}
		}
		h = echo
		count(10)
		h = broken
		if got := count(1); got != 3 {
			t.Errorf("after it went well again: got %d attempts, want 3", got)
		}
	})
}
