package vologrpc

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// DefaultReplaySize is how many bytes of a stream are kept, unless
// [WithReplaySize] says otherwise.
const DefaultReplaySize = 256 << 10

// A replay is the part of a [ClientStream] that is made of several attempts,
// each a ClientStream, of which one counts at a time. What has been sent is
// kept until the call is committed, and sent again on the next attempt (gRFC
// A6, "When Retries are Valid").
//
//	             refused, or failed and the policy allows it
//	            ┌───────────┐
//	            ▼           │
//	uncommitted: sends are kept ───────────────► committed: nothing is kept
//	                             the answer begins, more was
//	                             sent than there is room for,
//	                             or there are no more attempts
type replay struct {
	s      *ClientStream // what the caller has
	again  func(ctx context.Context, req *Request) (*Response, error)
	picked rpc.Address  // that the call came with
	policy *RetryPolicy // nil: only what the peer has not processed is sent again
	room   int          // bytes that may be kept

	now       atomic.Pointer[ClientStream] // the attempt that counts
	committed atomic.Bool
	over      chan struct{} // closed when the stream has ended

	mu       sync.Mutex
	kept     []byte // envelopes that were sent
	closed   bool   // for sending
	attempts int    // that the policy has made
	refused  int    // attempts that were not processed
	gone     error  // why there is no other attempt: the caller gave up meanwhile
}

// newReplay returns the stream of a call whose first attempt is open.
func newReplay(first *ClientStream, p *RetryPolicy, again func(context.Context, *Request) (*Response, error)) *ClientStream {
	s := &ClientStream{core: first.core, call: first.call, ctx: first.ctx, until: first.until, body: first.body}
	r := &replay{
		s: s, again: again, picked: first.call.Info.Callee.Address, policy: p, room: first.core.o.replay,
		over: make(chan struct{}), attempts: 1, closed: !first.call.Method.Kind.manyRequests(),
	}
	r.room -= len(first.body)
	s.replay = r
	r.now.Store(first)
	if r.room < 0 {
		r.committed.Store(true)
	}
	first.outer.Store(s)
	return s
}

// commit keeps nothing any more.
func (r *replay) commit() {
	if r.committed.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commitLocked()
}

func (r *replay) commitLocked() {
	r.committed.Store(true)
	r.kept = nil
}

func (r *replay) send(m proto.Message) error {
	if r.committed.Load() {
		return r.now.Load().Send(m)
	}
	a := r.now.Load()
	buf := scratches.Get().(*scratch)
	defer buf.release()
	var err error
	if buf.b, err = appendMessage(buf.b, m, a.compressor(), a.sendLimit()); err != nil {
		a.Close()
		return a.call.fail(PhaseEncode, false, err)
	}
	return r.sendBytes(buf.b, m)
}

// sendBytes sends a message that is in its envelope. m is what it was.
func (r *replay) sendBytes(b []byte, m proto.Message) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return errSendClosed
	}
	if len(r.kept)+len(b) > r.room {
		r.commitLocked()
	}
	if !r.committed.Load() {
		r.kept = append(r.kept, b...)
	}
	// Not another one: to that it has been sent with what was kept.
	a := r.now.Load()
	r.mu.Unlock()
	if a.sendBytes(b, m) == nil {
		return nil
	}
	if isClosed(r.s.until.done) {
		return io.EOF
	}
	err, begun := a.failure()
	if begun || err == io.EOF || r.next(a, err) != nil {
		r.commit()
		return io.EOF
	}
	return nil
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// failure says how an attempt has ended that takes no more: with a status,
// io.EOF for OK, unless its answer has begun.
func (s *ClientStream) failure() (err error, begun bool) {
	if s.replay != nil {
		return s.replay.now.Load().failure()
	}
	head, headErr := s.st.Head(http2.Bound{Deadline: longAgo})
	switch {
	case headErr != nil:
		return s.call.failHTTP2(PhaseRead, s.until, s.maxRecv, headErr), false
	case !head.TrailersOnly:
		return nil, true
	}
	if status := statusOfEnd(head, s.st.Tail()); status != nil {
		return s.call.fail(PhaseRemote, false, status), false
	}
	return io.EOF, false
}

func (r *replay) recv(m proto.Message) error {
	for {
		a := r.now.Load()
		err := a.Recv(m)
		if err == nil {
			r.commit()
			return nil
		}
		if err == io.EOF {
			return err
		}
		if _, begun := a.failure(); !begun {
			err = r.next(a, err)
		}
		if err != nil {
			r.commit()
			return err
		}
	}
}

func (r *replay) header() (Metadata, error) {
	for {
		a := r.now.Load()
		header, err := a.Header()
		failure, begun := error(nil), true
		if !r.committed.Load() {
			failure, begun = a.failure()
		}
		if begun || failure == io.EOF {
			r.commit()
			return header, err
		}
		if gone := r.next(a, failure); gone != nil {
			r.commit()
			if gone != failure {
				err = gone
			}
			return header, err
		}
	}
}

func (r *replay) closeSend() error {
	r.mu.Lock()
	r.closed = true
	a := r.now.Load()
	r.mu.Unlock()
	return a.CloseSend()
}

// next makes another attempt than a, which has failed, if it may. If there is
// none it returns how the call has failed: as a has, or because the caller gave
// up before another one began.
func (r *replay) next(a *ClientStream, failure error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now.Load() != a {
		return nil // whoever sends or receives was faster
	}
	if r.gone != nil {
		return r.gone
	}
	for err := failure; err != nil; {
		if r.committed.Load() || !r.may(err) {
			if r.gone != nil {
				return r.gone
			}
			return failure
		}
		if a, err = r.open(a, err); err == nil {
			err = r.catchUp(a)
		}
	}
	return nil
}

// may reports whether there may be another attempt after one that has ended
// with err, and waits until it may begin.
func (r *replay) may(err error) bool {
	if unprocessed(err) && r.refused < maxSends-1 {
		r.refused++
		return !isClosed(r.over)
	}
	p := r.policy
	if p == nil {
		return false
	}
	pushback, allowed := judge(err, p.Codes, p.Throttle)
	if !allowed || r.attempts >= p.Attempts {
		return false
	}
	pause := p.pause(pushback, r.attempts)
	if d := r.s.until.deadline; !d.IsZero() && time.Until(d) <= pause {
		return false
	}
	r.attempts++
	err = r.s.until.wait(r.over, pause)
	if err == context.Canceled {
		r.gone = r.s.call.fail(PhasePick, false, context.Canceled)
	}
	return err == nil && !isClosed(r.over)
}

// open replaces a, which has failed, by another attempt. It returns that, or a
// if there is none. The caller holds mu.
func (r *replay) open(a *ClientStream, failure error) (*ClientStream, error) {
	req, ctx := r.s.call.Clone(r.s.ctx)
	req.Info.Callee.Address = r.picked
	req.Info.Attempt += r.attempts + r.refused - 1
	req.before = &before{attempts: r.s.call.before.count() + r.attempts - 1, last: a.call.Info.Callee.Address, body: r.s.body}
	resp, err := r.again(ctx, req)
	if err != nil {
		req.discard()
		return a, err
	}
	next := resp.Stream
	next.outer.Store(r.s)
	r.now.Store(next)
	a.end(failure)
	if isClosed(r.over) { // by somebody who has not seen next
		next.Close()
	}
	return next, nil
}

// catchUp sends what was kept on a new attempt. The caller holds mu.
func (r *replay) catchUp(a *ClientStream) error {
	end := r.closed && a.call.Method.Kind.manyRequests()
	if len(r.kept) == 0 && !end || a.resend(r.kept, end) == nil {
		return nil
	}
	if err, begun := a.failure(); !begun && err != io.EOF {
		return err
	}
	return nil // there is an answer already: the receiver gets it
}

// The rest is what a replay asks of its attempts, which may be replays.

// connection returns the one that the stream is on.
func (s *ClientStream) connection() *http2.Client {
	if s.replay != nil {
		return s.replay.now.Load().connection()
	}
	return s.conn
}

// compressor and sendLimit are the same for all attempts.
func (s *ClientStream) compressor() Compressor {
	if s.replay != nil {
		return s.replay.now.Load().compressor()
	}
	return s.out
}

func (s *ClientStream) sendLimit() int {
	if s.replay != nil {
		return s.replay.now.Load().sendLimit()
	}
	return s.maxSend
}

// sendBytes is Send for what is a message already.
func (s *ClientStream) sendBytes(b []byte, m proto.Message) error {
	if s.replay != nil {
		err := s.replay.sendBytes(b, m)
		if err == nil {
			sent(s.events, m)
		}
		return err
	}
	s.heed()
	// Who sends twice in a row is not waiting for an answer: the write may be
	// somebody else's.
	flush := s.sends.Add(1) == 1
	if err := s.st.Send(b, false, flush, s.until.http2()); err != nil {
		return io.EOF
	}
	sent(s.events, m)
	return nil
}

// resend sends messages that another attempt has sent.
func (s *ClientStream) resend(b []byte, end bool) error {
	if r := s.replay; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.commitLocked() // whoever sends again keeps it
		r.closed = end
		return r.now.Load().resend(b, end)
	}
	s.closed.Store(end)
	return s.st.Send(b, end, true, s.until.http2())
}
