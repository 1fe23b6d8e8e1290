// Package combine joins the writes of many goroutines on one connection into
// few system calls, without a goroutine that does nothing but write.
//
// A sender appends its frame to the pending buffer. If nobody is flushing, it
// becomes the flusher: it yields once, so that every goroutine that is ready
// to send appends first, then writes what is pending until nothing is. A
// sender that finds a flusher at work leaves its frame to it. One that finds it
// yielding still, when half of those who are expected have appended, writes in
// its place: the peer works on one half while this side makes the other. What the
// network does not take at once a goroutine writes, so that no sender is kept by
// a peer that does not read.
//
//	         Send, alone, or half are there
//	┌──────┐ ─────────────────────────────► ┌──────────┐
//	│ idle │ ──► yielding ──► its turn ───► │ flushing │ ◄─┐ Send: append only
//	└──────┘   Send, crowded                └──────────┘ ──┘
//	    ▲                                        │
//	    └──────────── pending is empty ──────────┘
package combine

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// ErrClosed is returned to senders after Close.
var ErrClosed = errors.New("connection is closed")

const (
	// Above this many pending bytes senders block until a flush has made room.
	highWater = 4 << 20
	// Half a batch is written early if it has this many bytes, since less is not
	// worth a system call, and if no more senders than this are expected: where
	// there are more, both sides have enough to do.
	minHalf  = 16 << 10
	maxCrowd = 128
	// A flusher that has written this many batches hands over, so that one
	// sender does not serve all others for ever.
	maxRounds = 4
	// A buffer that has grown beyond maxKept is kept only as long as it is
	// needed: after patience batches that fill less than a quarter, it goes.
	maxKept  = 256 << 10
	patience = 64
)

// A Writer combines writes on one connection. Its methods may be called
// concurrently.
type Writer struct {
	write func([]byte) error
	now   func([]byte) (int, error) // nil if it cannot be done

	mu       sync.Mutex
	pending  []byte // appended, not yet taken by the flusher
	spare    []byte // the other half of the double buffer
	flushing bool
	frames   int           // senders whose frames are pending since a flusher yields
	crowd    int           // senders that it expects; 0 if no flusher yields
	spacious int           // batches in turn that left a large buffer mostly empty
	err      error         // why the connection can no longer be written
	room     chan struct{} // closed and replaced when a flush made room; nil if nobody waits

	calm *sync.Cond // signalled when a flusher is done; nil if nobody ever waited

	handover sync.WaitGroup // flushers that run on a goroutine of their own
}

// New returns a Writer that writes batches with write, which may wait for the
// peer to read, and now, which writes as much as it can without waiting, and
// returns how much that was. They are never called concurrently and must not
// keep their arguments. Where now is nil, senders wait.
func New(write func([]byte) error, now func([]byte) (int, error)) *Writer {
	return &Writer{write: write, now: now}
}

// Send hands frame over to be written; it may be reused on return. It is Begin
// and End in one.
func (w *Writer) Send(frame []byte, crowd int, deadline time.Time, done <-chan struct{}) (sent bool, err error) {
	b, err := w.Begin(deadline, done)
	if err != nil {
		return false, err
	}
	return true, w.End(append(b, frame...), crowd)
}

// Begin locks w for one sender and returns the bytes that are pending. The
// sender appends whole frames, quickly, and unlocks with End or EndAsync, to
// which it passes the result; it may guard state of its own with the same
// lock. After an error there is nothing to unlock, and nothing was sent.
//
// Begin blocks while too many bytes are pending, until there is room, the
// deadline (unless zero) has passed or done (unless nil) is closed.
func (w *Writer) Begin(deadline time.Time, done <-chan struct{}) (b []byte, err error) {
	w.mu.Lock()
	for w.err == nil && len(w.pending) >= highWater {
		if err := w.waitForRoom(deadline, done); err != nil {
			w.mu.Unlock()
			return nil, err
		}
	}
	return w.begun()
}

// BeginNow is Begin for a sender that must not wait, because it reads the
// connection. It looks at len(b) to see whether the peer reads at all.
func (w *Writer) BeginNow() (b []byte, err error) {
	w.mu.Lock()
	return w.begun()
}

func (w *Writer) begun() ([]byte, error) {
	if w.err != nil {
		err := w.err
		w.mu.Unlock()
		return nil, err
	}
	return w.pending, nil
}

// End unlocks w after Begin; b is what Begin returned, with the frames of the
// sender appended. If nobody is flushing, the sender does it. crowd is how many
// senders are likely to have something for this connection now; if there is
// any but this one, it yields to them first. A nil error means that the frames
// are in a batch, not that they have arrived.
func (w *Writer) End(b []byte, crowd int) error {
	if w.frames++; w.crowd > 0 && 2*w.frames >= w.crowd && w.crowd <= maxCrowd && len(b) >= minHalf {
		w.pending, w.crowd = b, 0
		w.mu.Unlock()
		return w.flush(maxRounds) // in place of the one that yields
	}
	if w.flushing || len(b) == 0 || crowd <= 1 {
		if !w.take(b) {
			return nil
		}
		return w.flush(maxRounds)
	}
	w.frames, w.crowd = 1, crowd
	w.take(b)
	runtime.Gosched()
	w.mu.Lock()
	mine := w.crowd > 0
	w.crowd = 0
	w.mu.Unlock()
	if !mine {
		return nil
	}
	return w.flush(maxRounds)
}

// EndAsync is End for a sender that must not wait for the network: if nobody
// is flushing, a goroutine will.
func (w *Writer) EndAsync(b []byte) {
	if w.take(b) {
		w.flush(0)
	}
}

// take makes b the pending bytes, unlocks, and reports whether the caller has
// become the flusher.
func (w *Writer) take(b []byte) bool {
	w.pending = b
	flusher := len(b) > 0 && !w.flushing
	w.flushing = w.flushing || flusher
	w.mu.Unlock()
	return flusher
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
// rest to a goroutine. The caller holds the flushing mark, not the lock. The
// error of a write that fails is returned even if others know another: they
// may have heard of the end of the connection, which a failed write brings about.
func (w *Writer) flush(rounds int) error {
	var failed error
	for ; ; rounds-- {
		w.mu.Lock()
		if w.err != nil || len(w.pending) == 0 {
			w.flushing = false
			if failed == nil {
				failed = w.err
			}
			if w.calm != nil {
				w.calm.Broadcast()
			}
			w.mu.Unlock()
			return failed
		}
		if rounds == 0 {
			w.handover.Add(1)
			w.mu.Unlock()
			go func() {
				defer w.handover.Done()
				runtime.Gosched() // to whoever is ready to send
				w.flush(-1)       // never reaches 0
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

		if rounds < 0 || w.now == nil {
			failed = w.written(batch, w.write(batch))
			continue
		}
		n, err := w.now(batch)
		if err == nil && n < len(batch) && w.leave(batch, n) {
			return nil
		}
		failed = w.written(batch, err)
	}
}

// leave has a goroutine write what is left of a batch behind n bytes, and what
// comes after it. It reports false if the connection is over.
func (w *Writer) leave(batch []byte, n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return false
	}
	w.handover.Add(1)
	go func() {
		defer w.handover.Done()
		w.written(batch, w.write(batch[n:]))
		w.flush(-1)
	}()
	return true
}

// written takes the buffer of a batch back, and returns err, with which the
// connection is over unless it is nil.
func (w *Writer) written(batch []byte, err error) error {
	w.mu.Lock()
	w.spare = w.keep(batch)
	w.mu.Unlock()
	if err != nil {
		w.fail(err)
	}
	return err
}

// keep returns the buffer of a batch that was written, for another one, or nil
// if it is larger than it need be.
func (w *Writer) keep(batch []byte) []byte {
	if cap(batch) <= maxKept {
		return batch
	}
	if len(batch) >= cap(batch)/4 {
		w.spacious = 0
		return batch
	}
	if w.spacious++; w.spacious < patience {
		return batch
	}
	return nil
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

// Flush returns when everything that was pending when it was called has been
// written, or cannot be.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.flushing && w.err == nil {
		if w.calm == nil {
			w.calm = sync.NewCond(&w.mu)
		}
		w.calm.Wait()
	}
}
