package combine_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport/combine"
)

// highWater is more than senders may leave pending.
const highWater = 4 << 20

// A pipe is the network: it records what is written and can be blocked.
type pipe struct {
	mu     sync.Mutex
	got    []byte
	writes int
	gate   chan struct{} // if not nil, each write takes a token
	err    error         // what writes return
}

func (p *pipe) write(b []byte) error {
	if p.gate != nil {
		<-p.gate
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes++
	if p.err != nil {
		return p.err
	}
	p.got = append(p.got, b...)
	return nil
}

func (p *pipe) count() (writes, size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writes, len(p.got)
}

func send(w *combine.Writer, frame []byte) (bool, error) {
	return w.Send(frame, 2, time.Time{}, nil)
}

func TestFramesArriveWholeAndInTheOrderOfTheirSender(t *testing.T) {
	const senders, frames = 50, 200
	p := new(pipe)
	w := combine.New(p.write, nil)
	var wg sync.WaitGroup
	for s := range uint32(senders) {
		wg.Go(func() {
			for i := range uint32(frames) {
				frame := binary.BigEndian.AppendUint32(nil, s)
				frame = binary.BigEndian.AppendUint32(frame, i)
				frame = append(frame, bytes.Repeat([]byte{byte(s)}, int(i%7))...)
				if sent, err := send(w, frame); !sent || err != nil {
					t.Errorf("Send returned %v, %v", sent, err)
				}
				clear(frame) // it may be reused on return
			}
		})
	}
	wg.Wait()
	w.Flush()
	w.Close(nil)
	next := make([]uint32, senders)
	for b := p.got; len(b) > 0; {
		s, i := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		if s >= senders || i != next[s] {
			t.Fatalf("sender %d's frame %d has arrived, want %d", s, i, next[min(s, senders-1)])
		}
		next[s]++
		n := 8 + int(i%7)
		if !bytes.Equal(b[8:n], bytes.Repeat([]byte{byte(s)}, int(i%7))) {
			t.Fatalf("frame %d of sender %d is % x", i, s, b[:n])
		}
		b = b[n:]
	}
	for s, n := range next {
		if n != frames {
			t.Errorf("%d frames of sender %d have arrived, want %d", n, s, frames)
		}
	}
}

func TestWaitingFramesAreWrittenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{gate: make(chan struct{}, 10)}
		w := combine.New(p.write, nil)
		go send(w, []byte("first"))
		synctest.Wait() // it is being written
		for range 99 {
			send(w, []byte("more"))
		}
		p.gate <- struct{}{}
		p.gate <- struct{}{}
		synctest.Wait()
		if writes, size := p.count(); writes != 2 || size != 5+99*4 {
			t.Errorf("100 frames took %d writes of %d bytes, want 2 of %d", writes, size, 5+99*4)
		}
	})
}

func TestHalfOfAFewIsWrittenEarly(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that one yields to all others
	for _, tt := range []struct {
		what        string
		crowd, size int
		halves      bool
	}{
		{"half of a few senders, with enough to say", 50, 1 << 10, true},
		{"half of them, with little to say", 50, 100, false},
		{"as many, who are far from half of a crowd", 1000, 1 << 10, false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			// Now and then the scheduler gets back early to the one that yielded.
			const senders, attempts = 50, 20
			largest := 0
			for range attempts {
				w := combine.New(func(batch []byte) error {
					largest = max(largest, len(batch)/tt.size)
					return nil
				}, nil)
				var wg sync.WaitGroup
				for range senders {
					wg.Go(func() {
						if _, err := w.Send(make([]byte, tt.size), tt.crowd, time.Time{}, nil); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			}
			if halves := largest <= senders*3/4; halves != tt.halves {
				t.Errorf("the largest of the writes for %d senders had %d frames", senders, largest)
			}
		})
	}
}

func TestSendersWaitForAPeerThatDoesNotRead(t *testing.T) {
	for _, tt := range []struct {
		what string
		wait func(w *combine.Writer) (bool, error)
		want error
	}{
		{"until there is room", func(w *combine.Writer) (bool, error) { return send(w, []byte("x")) }, nil},
		{"until the deadline", func(w *combine.Writer) (bool, error) {
			return w.Send([]byte("x"), 1, time.Now().Add(time.Second), nil)
		}, context.DeadlineExceeded},
		{"until done is closed", func(w *combine.Writer) (bool, error) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return w.Send([]byte("x"), 1, time.Time{}, ctx.Done())
		}, context.Canceled},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &pipe{gate: make(chan struct{}, 10)}
				w := combine.New(p.write, nil)
				go send(w, []byte("first"))
				synctest.Wait()
				if sent, err := send(w, make([]byte, highWater-1)); !sent || err != nil {
					t.Fatalf("below the mark a sender got %v, %v", sent, err)
				}
				if sent, err := send(w, make([]byte, 1)); !sent || err != nil {
					t.Fatalf("up to the mark a sender got %v, %v", sent, err)
				}
				start := time.Now()
				time.AfterFunc(2*time.Second, func() { p.gate <- struct{}{} })
				sent, err := tt.wait(w)
				took := time.Since(start)
				want := time.Second
				if tt.want == nil {
					want = 2 * time.Second
				}
				if err != tt.want || sent != (tt.want == nil) || took != want {
					t.Errorf("a sender beyond the mark got %v, %v after %v; want %v after %v", sent, err, took, tt.want, want)
				}
				for range 3 {
					p.gate <- struct{}{}
				}
				w.Flush()
				if _, size := p.count(); size < 5+highWater {
					t.Errorf("%d bytes have arrived", size)
				}
			})
		})
	}
}

func TestAFailedWriteFailsAllSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		p := &pipe{gate: make(chan struct{}, 10), err: broken}
		w := combine.New(p.write, nil)
		results := make(chan error, 2)
		go func() {
			_, err := send(w, []byte("first"))
			results <- err
		}()
		synctest.Wait()
		send(w, make([]byte, highWater))
		go func() { // waits for room
			sent, err := send(w, []byte("x"))
			if sent {
				t.Error("a frame that was never taken was sent")
			}
			results <- err
		}()
		synctest.Wait()
		p.gate <- struct{}{}
		for range 2 {
			if err := <-results; err != broken {
				t.Errorf("a sender got %v, want the error of the write", err)
			}
		}
		if sent, err := send(w, []byte("late")); sent || err != broken {
			t.Errorf("a later sender got %v, %v; want false and the error of the write", sent, err)
		}
		if _, err := w.BeginNow(); err != broken {
			t.Errorf("BeginNow got %v", err)
		}
		w.Flush()
		w.Close(nil)
		if writes, _ := p.count(); writes != 1 {
			t.Errorf("%d writes were tried after the one that failed", writes-1)
		}
	})
}

// TestWhoseWriteFailsHearsOfThat though the connection is closed for it, and
// somebody says so first.
func TestWhoseWriteFailsHearsOfThat(t *testing.T) {
	failed, ended := errors.New("failed"), errors.New("ended")
	var w *combine.Writer
	w = combine.New(func([]byte) error {
		w.Close(ended)
		return failed
	}, nil)
	if sent, err := send(w, []byte("frame")); !sent || err != failed {
		t.Errorf("Send returned %v, %v, want true, %v", sent, err, failed)
	}
	if sent, err := send(w, []byte("frame")); sent || err != ended {
		t.Errorf("afterwards Send returned %v, %v, want false, %v", sent, err, ended)
	}
}

func TestASenderDoesNotFlushForOthersForEver(t *testing.T) {
	var w *combine.Writer
	var writes atomic.Int32
	w = combine.New(func([]byte) error {
		if writes.Add(1) < 100 {
			send(w, []byte("another")) // finds a flusher at work
		}
		return nil
	}, nil)
	if _, err := send(w, []byte("first")); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	if n := writes.Load(); n != 100 {
		t.Errorf("%d batches were written, want 100", n)
	}
	w.Close(nil)
}

// What the network does not take at once keeps no sender, and arrives in order.
func TestNoSenderWaitsForAPeerThatDoesNotRead(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var got []byte
			open, broken := make(chan struct{}), errors.New("broken")
			w := combine.New(func(b []byte) error {
				<-open
				if fails {
					return broken
				}
				got = append(got, b...)
				return nil
			}, func(b []byte) (int, error) {
				got = append(got, b[:min(3, len(b))]...)
				return min(3, len(b)), nil
			})
			for _, frame := range []string{"abc", "defgh", "ijk", "lmnop"} {
				if sent, err := send(w, []byte(frame)); !sent || err != nil {
					t.Errorf("Send returned %v, %v", sent, err)
				}
			}
			synctest.Wait()
			if string(got) != "abcdef" {
				t.Errorf("%q was written, want what fits", got)
			}
			close(open)
			w.Flush()
			sent, err := send(w, []byte("qr"))
			w.Close(nil)
			switch {
			case fails && (sent || err != broken):
				t.Errorf("Send returned %v, %v, want false, %v", sent, err, broken)
			case !fails && string(got) != "abcdefghijklmnopqr":
				t.Errorf("%q was written", got)
			}
		})
	}
}

func TestASenderHandsOverAfterAFewBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *combine.Writer
		gate := make(chan struct{}, 100)
		w = combine.New(func([]byte) error {
			<-gate
			send(w, []byte("another"))
			return nil
		}, nil)
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			send(w, []byte("first"))
		}()
		for range 10 {
			gate <- struct{}{}
		}
		synctest.Wait()
		select {
		case <-returned:
		default:
			t.Error("after ten batches of others a sender still flushes")
		}
		close(gate)
		w.Close(nil) // fails what is pending; the flusher notices after its write
	})
}

func TestAsynchronousSendersDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipe{gate: make(chan struct{}, 10)}
		w := combine.New(p.write, nil)
		for range 3 {
			b, err := w.BeginNow()
			if err != nil {
				t.Fatal(err)
			}
			w.EndAsync(append(b, "x"...))
		}
		p.gate <- struct{}{}
		p.gate <- struct{}{}
		w.Flush()
		if _, size := p.count(); size != 3 {
			t.Errorf("%d bytes have arrived, want 3", size)
		}
		w.Close(nil)
	})
}

func TestCloseFailsSendersWithTheReasonGiven(t *testing.T) {
	gone := errors.New("gone")
	for want, err := range map[error]error{combine.ErrClosed: nil, gone: gone} {
		w := combine.New(new(pipe).write, nil)
		w.Close(err)
		if sent, err := send(w, []byte("x")); sent || err != want {
			t.Errorf("after Close a sender got %v, %v; want %v", sent, err, want)
		}
	}
}
