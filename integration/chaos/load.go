package chaos

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A Load calls clients steadily: each of them Rate times a second, idempotent
// calls and others in turn.
type Load struct {
	Clients []*Client
	Rate    int
	Name    string // with which the ids of calls begin
}

// A Sample is what became of a call.
type Sample struct {
	ID         string
	Client     *Client
	Idempotent bool
	Start      time.Duration // when it was due, from the begin of the load
	Took       time.Duration // since then
	Err        error
}

// A Course is what became of a load.
type Course struct {
	Samples []Sample
	// Calls that ran while the whole machine stood still, which is nobody's
	// fault, are left out of Samples; their number is Disturbed.
	Disturbed int
}

// still is how late the load may be, which only has to wait for a timer, before
// something else than instances must be slow.
const still = 50 * time.Millisecond

// Run makes calls until ctx is done, and waits for the last ones.
func (l *Load) Run(ctx context.Context) Course {
	var mu sync.Mutex
	var all []Sample
	var stalls [][2]time.Duration
	var calls sync.WaitGroup
	var number atomic.Int64
	begin := time.Now()
	every := time.Second / time.Duration(l.Rate)
	for due := time.Duration(0); ctx.Err() == nil; due += every {
		time.Sleep(due - time.Since(begin))
		if now := time.Since(begin); now-due > still {
			stalls = append(stalls, [2]time.Duration{due - every, now})
			due = now // no burst: those that were due then are not made
		}
		for _, c := range l.Clients {
			n := number.Add(1)
			idempotent, call := n/int64(len(l.Clients))%2 == 0, c.Others
			if idempotent {
				call = c.Idempotent
			}
			calls.Go(func() {
				s := Sample{ID: fmt.Sprintf("%s-%d", l.Name, n), Client: c, Idempotent: idempotent, Start: due}
				s.Err = call(context.Background(), s.ID)
				s.Took = time.Since(begin) - due
				mu.Lock()
				defer mu.Unlock()
				all = append(all, s)
			})
		}
	}
	calls.Wait()
	return undisturbed(all, stalls)
}

// undisturbed leaves out the calls that ran during a stall.
func undisturbed(all []Sample, stalls [][2]time.Duration) (c Course) {
	for _, s := range all {
		ran := true
		for _, stall := range stalls {
			ran = ran && (s.Start+s.Took < stall[0] || s.Start > stall[1])
		}
		if ran {
			c.Samples = append(c.Samples, s)
		}
	}
	c.Disturbed = len(all) - len(c.Samples)
	return c
}
