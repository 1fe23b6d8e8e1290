package http2_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// TestUnaryCallsEndInTime: each call ends at its own deadline, whatever others
// have.
func TestUnaryCallsEndInTime(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, test := range []struct {
		name     string
		has      []time.Duration // of calls that begin at once; 0 for no deadline, which are answered at 10 s
		answered []int           // those that are answered at once
		want     []time.Duration
	}{
		{"one", []time.Duration{s}, nil, []time.Duration{s}},
		{"none, and one", []time.Duration{0, s}, nil, []time.Duration{10 * s, s}},
		{"the later one first", []time.Duration{3 * s, s, 2 * s}, nil, []time.Duration{3 * s, s, 2 * s}},
		{"the same", []time.Duration{s, s, s}, nil, []time.Duration{s, s, s}},
		{"one that has passed", []time.Duration{2 * s, -s}, nil, []time.Duration{2 * s, 0}},
		{"within a step of the alarm", []time.Duration{s, s + ms/2, s + ms}, nil, []time.Duration{s, s + ms, s + ms}},
		{"the earliest is answered", []time.Duration{s, 2 * s}, []int{0}, []time.Duration{0, 2 * s}},
		{"the latest is answered", []time.Duration{s, 2 * s}, []int{1}, []time.Duration{s, 0}},
		{"all are answered but one without", []time.Duration{s, 0}, []int{0}, []time.Duration{0, 10 * s}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := against(t, http2.Config{})
				start := time.Now()
				took := make([]time.Duration, len(test.has))
				errs := make([]error, len(test.has))
				for i, d := range test.has {
					var until http2.Bound
					if d != 0 {
						until.Deadline = start.Add(d)
					}
					st, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true, Whole: true}, until)
					if err != nil {
						t.Fatal(err)
					}
					await[*xhttp2.DataFrame](p)
					go func() {
						if errs[i] = st.Wait(until); errs[i] != nil {
							st.Cancel()
						}
						took[i] = time.Since(start)
					}()
				}
				id := func(call int) uint32 { return uint32(1 + 2*call) }
				for _, i := range test.answered {
					p.answer(id(i), "in time")
				}
				go func() { // what is written must be read
					for p.next() != nil {
					}
				}()
				time.Sleep(10 * s)
				for i, d := range test.has {
					if d == 0 {
						p.answer(id(i), "at last")
					}
				}
				synctest.Wait()
				for i, want := range test.want {
					late := test.has[i] != 0 && want != 0 || test.has[i] < 0
					if took[i] != want || errors.Is(errs[i], context.DeadlineExceeded) != late {
						t.Errorf("call %d ended after %v with %v, want %v, out of time: %v", i, took[i], errs[i], want, late)
					}
				}
				if n := c.Streams(); n != 0 {
					t.Errorf("%d streams are open", n)
				}
			})
		})
	}
}

// TestTheAlarmOfOneCallDoesNotWakeTheNext, which has its stream.
func TestTheAlarmOfOneCallDoesNotWakeTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := against(t, http2.Config{})
		for call, until := range []http2.Bound{{Deadline: time.Now().Add(time.Second)}, {}, {Deadline: time.Now().Add(time.Hour)}, {}} {
			st, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true, Whole: true}, until)
			if err != nil {
				t.Fatal(err)
			}
			id := await[*xhttp2.DataFrame](p).StreamID
			if call > 0 {
				time.Sleep(time.Minute) // the first one's alarm goes off
			}
			p.answer(id, "here")
			if err := st.Wait(until); err != nil {
				t.Fatalf("call %d: %v", call, err)
			}
			if _, err := st.Recv(http2.Bound{}); err != nil {
				t.Fatalf("call %d: %v", call, err)
			}
			st.Release()
		}
	})
}

// TestAnotherDeadlineThanTheCallsCountsAsWell, for who waits.
func TestAnotherDeadlineThanTheCallsCountsAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := against(t, http2.Config{})
		start := time.Now()
		st, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true, Whole: true}, http2.Bound{Deadline: start.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		await[*xhttp2.DataFrame](p)
		if err := st.Wait(http2.Bound{Deadline: start.Add(time.Second)}); err != context.DeadlineExceeded || time.Since(start) != time.Second {
			t.Errorf("got %v after %v, want DeadlineExceeded after 1s", err, time.Since(start))
		}
		p.answer(1, "here")
		if err := st.Wait(http2.Bound{}); err != nil {
			t.Error(err)
		}
	})
}
