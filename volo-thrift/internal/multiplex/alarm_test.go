package multiplex_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestEachCallRunsOutOfItsOwnTime(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		what  string
		times []time.Duration // of calls that begin one after the other, at once
		late  time.Duration   // by how much at most
	}{
		{"one", []time.Duration{70 * ms}, 0},
		{"a shorter one after a longer one", []time.Duration{70 * ms, 30 * ms}, 0},
		{"a longer one after a shorter one", []time.Duration{30 * ms, 70 * ms}, 0},
		{"two at once", []time.Duration{30 * ms, 30 * ms}, 0},
		{"two next to each other", []time.Duration{30 * ms, 30*ms + 1}, ms},
		{"one that had none left", []time.Duration{-ms, 30 * ms}, ms},
		{"many", []time.Duration{9 * ms, 3 * ms, 7 * ms, 5 * ms, 1 * ms, 11 * ms}, 0},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := pair(t)
				var calls sync.WaitGroup
				begin := time.Now()
				for _, d := range tt.times {
					w, err := c.Acquire()
					if err != nil {
						t.Fatal(err)
					}
					calls.Go(func() {
						_, err := c.Wait(w, begin.Add(d), nil)
						if took := time.Since(begin); err != context.DeadlineExceeded || took < d || took > max(d, 0)+tt.late {
							t.Errorf("a call with %v got %v after %v", d, err, took)
						}
					})
				}
				calls.Wait()
				expect(t, "InFlight", c.InFlight(), 0)
			})
		})
	}
}

// The timer is left to go off for calls that were answered.
func TestCallsAfterAnsweredOnesRunOutOfTheirOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pair(t)
		for range 3 {
			w := send(t, c, "x")
			reply(t, server, frame(w.Seq(), "y"))
			if got, err := c.Wait(w, time.Now().Add(time.Second), nil); err != nil || string(got[5:]) != "y" {
				t.Fatalf("got %q, %v", got, err)
			}
			time.Sleep(600 * time.Millisecond)
			begin := time.Now()
			late := send(t, c, "x")
			if _, err := c.Wait(late, begin.Add(time.Second), make(chan struct{})); err != context.DeadlineExceeded || time.Since(begin) != time.Second {
				t.Errorf("got %v after %v", err, time.Since(begin))
			}
			reply(t, server, frame(0, "it is there")) // or it is taken for dead
			synctest.Wait()
		}
	})
}
