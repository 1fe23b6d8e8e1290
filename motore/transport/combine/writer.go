// Package combine joins the writes of many goroutines on one connection into
// few system calls, without a goroutine that does nothing but write.
//
// A sender appends its frame to the pending buffer. If nobody is flushing, it
// becomes the flusher: it yields once, so that every goroutine that is ready
// to send appends first, then writes what is pending until nothing is. A
// sender that finds a flusher at work leaves its frame to it.
//
//	         Send, nobody flushing
//	┌──────┐ ─────────────────────► ┌──────────┐
//	│ idle │                        │ flushing │ ◄─┐ Send: append only
//	└──────┘ ◄───────────────────── └──────────┘ ──┘
//	         pending is empty
package combine

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// ErrClosed is returned by Send after Close.
var ErrClosed = errors.New("connection is closed")

const (
	// Above this many pending bytes senders block until a flush has made room.
	highWater = 4 << 20
	// A flusher that has written this many batches hands over, so that one
	// sender does not serve all others for ever.
	maxRounds = 4
	// Buffers that a burst has grown beyond this are not kept.
	maxKept = 256 << 10
)

// A Writer combines writes on one connection. Its methods may be called
// concurrently.
type Writer struct {
	write func([]byte) error

	mu       sync.Mutex
	pending  []byte // appended, not yet taken by the flusher
	spare    []byte // the other half of the double buffer
	flushing bool
	err      error         // why the connection can no longer be written
	room     chan struct{} // closed and replaced when a flush made room; nil if nobody waits

	handover sync.WaitGroup // flushers that run on a goroutine of their own
}

// New returns a Writer that writes batches with write, which is never called
// concurrently and must not keep its argument.
func New(write func([]byte) error) *Writer { return &Writer{write: write} }

// Send hands frame over to be written; it may be reused on return. If crowded
// is true, others are likely to send as well, and the flusher yields to them
// first. A nil error means that the frame is in a batch, not that it has
// arrived.
//
// Send blocks while too many bytes are pending, until there is room, the
// deadline (unless zero) has passed or done (unless nil) is closed. If it
// fails, sent says whether bytes of the frame may have reached the peer.
func (w *Writer) Send(frame []byte, crowded bool, deadline time.Time, done <-chan struct{}) (sent bool, err error) {
	w.mu.Lock()
	for w.err == nil && len(w.pending) >= highWater {
		if err := w.waitForRoom(deadline, done); err != nil {
			w.mu.Unlock()
			return false, err
		}
	}
	if w.err != nil {
		err := w.err
		w.mu.Unlock()
		return false, err
	}
	w.pending = append(w.pending, frame...)
	if w.flushing {
		w.mu.Unlock()
		return true, nil
	}
	w.flushing = true
	w.mu.Unlock()
	if crowded {
		runtime.Gosched()
	}
	return true, w.flush(maxRounds)
}

// waitForRoom waits, with the lock released, for the next flush.
func (w *Writer) waitForRoom(deadline time.Time, done <-chan struct{}) error {
	if w.room == nil {
		w.room = make(chan struct{})
	}
	room := w.room
	w.mu.Unlock()
	defer w.mu.Lock()

	var expired <-chan time.Time
	if !deadline.IsZero() {
		t := time.NewTimer(time.Until(deadline))
		defer t.Stop()
		expired = t.C
	}
	select {
	case <-room:
		return nil
	case <-expired:
		return context.DeadlineExceeded
	case <-done:
		return context.Canceled
	}
}

// flush writes until nothing is pending; after rounds batches it leaves the
// rest to a goroutine. The caller holds the flushing mark, not the lock.
func (w *Writer) flush(rounds int) error {
	for ; ; rounds-- {
		w.mu.Lock()
		if w.err != nil || len(w.pending) == 0 {
			w.flushing = false
			err := w.err
			w.mu.Unlock()
			return err
		}
		if rounds == 0 {
			w.handover.Add(1)
			w.mu.Unlock()
			go func() {
				defer w.handover.Done()
				w.flush(-1) // never reaches 0
			}()
			return nil
		}
		batch := w.pending
		w.pending, w.spare = w.spare[:0], nil
		if w.room != nil {
			close(w.room)
			w.room = nil
		}
		w.mu.Unlock()

		err := w.write(batch)

		w.mu.Lock()
		if cap(batch) <= maxKept {
			w.spare = batch
		}
		w.mu.Unlock()
		if err != nil {
			w.fail(err)
		}
	}
}

func (w *Writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	w.pending = nil
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}

// Close makes further sends fail with err (ErrClosed if nil) and waits for a
// flusher that runs on a goroutine of its own. The connection must have been
// closed first, or a blocked write keeps Close waiting.
func (w *Writer) Close(err error) {
	if err == nil {
		err = ErrClosed
	}
	w.fail(err)
	w.handover.Wait()
}
