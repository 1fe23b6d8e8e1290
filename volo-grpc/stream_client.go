package vologrpc

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A ClientStream is the client's side of a call that is not unary. One
// goroutine sends and one receives at a time; Close and Trailer may be called
// by any.
//
// The stream ends when Recv returns an error, io.EOF included, when its
// deadline passes, its context is cancelled, or Close is called. One of these
// must happen, or the stream stays open.
type ClientStream struct {
	core *clientCore
	call *Request
	ctx  context.Context
	conn *http2.Client
	st   *http2.ClientStream

	until   bound
	out     Compressor
	maxSend int
	maxRecv int

	sends  atomic.Int32 // since the last Recv
	closed atomic.Bool  // for sending

	// Of the receiving goroutine.
	opened  bool // the head has been looked at
	in      Compressor
	outcome error // why Recv is over

	ending sync.Once
	unhook func() bool // guarded by mu; stops watching the context; nil if nothing does
	timer  *time.Timer // guarded by mu; of the deadline; nil if there is none

	// A stream of several attempts has none of what is above from st on; an
	// attempt is one of outer's.
	replay *replay
	outer  atomic.Pointer[ClientStream]
	body   []byte // of a server streaming call, the request, if it is to be sent again

	mu     sync.Mutex
	events []StreamEvents // written under mu until the caller has the stream
	isOver bool           // guarded by mu, as are those that follow
	result error          // how it ended
	root   bool           // the call's context ends with the stream
}

// open opens the stream of a call that is not unary.
func (c *clientCore) open(ctx context.Context, req *Request, o *outgoing) (*Response, error) {
	st, err := c.begin(req, o, false)
	if err != nil {
		return nil, err
	}
	s := &ClientStream{
		core: c, call: req, ctx: ctx, conn: o.conn, st: st,
		until: o.until, out: o.out, maxSend: o.maxSend, maxRecv: o.maxRecv, body: o.body,
	}
	s.closed.Store(!req.Method.Kind.manyRequests())
	s.mu.Lock() // it may be over before we know what to stop
	if o.until.done != nil {
		s.unhook = context.AfterFunc(o.until.ctx, s.abandon)
	}
	if !o.until.deadline.IsZero() {
		s.timer = time.AfterFunc(time.Until(o.until.deadline), s.abandon)
	}
	s.mu.Unlock()
	req.response = Response{Stream: s}
	return &req.response, nil
}

// abandon ends a stream whose time or context is over, whatever it is part of:
// its caller need not come back.
func (s *ClientStream) abandon() {
	s.st.Cancel()
	for outer := s.outer.Load(); outer != nil; outer = s.outer.Load() {
		s = outer
	}
	// Not fail: the facts of the call may be another goroutine's.
	cause := s.until.cause(context.Canceled)
	s.end(&Error{
		Code: codeOf(cause), Message: cause.Error(), Err: cause,
		Phase: PhaseRead, Service: s.call.Method.Service, Method: s.call.Method.Name,
	})
}

// Request returns the call that the stream belongs to.
func (s *ClientStream) Request() *Request { return s.call }

// StreamEvents are what a layer can get to know of a stream. Members may be
// nil. The functions are called by the goroutine that sends or receives, and
// must not change the messages.
type StreamEvents struct {
	Sent     func(proto.Message) // has been handed to the connection
	Received func(proto.Message)
	// Ended is called once, on clients only, when the caller learns how the
	// call ended, closes the stream, or its context or deadline is over, and
	// then by another goroutine: with nil if it went well.
	Ended func(error)
}

// Observe adds e to what is called. Layers call it before they return the
// stream.
func (s *ClientStream) Observe(e StreamEvents) {
	s.mu.Lock()
	over, result := s.isOver, s.result
	s.events = append(s.events, e)
	s.mu.Unlock()
	if over && e.Ended != nil {
		e.Ended(result)
	}
}

func sent(events []StreamEvents, m proto.Message) {
	for _, e := range events {
		if e.Sent != nil {
			e.Sent(m)
		}
	}
}

func received(events []StreamEvents, m proto.Message) {
	for _, e := range events {
		if e.Received != nil {
			e.Received(m)
		}
	}
}

var errSendClosed = errors.New("vologrpc: Send after CloseSend")

// Send sends a message. It waits while the peer takes no more; it returns
// io.EOF when the stream has ended, in which case Recv tells why.
func (s *ClientStream) Send(m proto.Message) error {
	a := s.settled()
	if a == nil {
		err := s.replay.send(m)
		if err == nil {
			sent(s.events, m)
		}
		return err
	}
	if a.closed.Load() {
		return errSendClosed
	}
	buf := scratches.Get().(*scratch)
	defer buf.release()
	var err error
	if buf.b, err = appendMessage(buf.b, m, a.out, a.maxSend); err != nil {
		a.st.Cancel()
		return a.call.fail(PhaseEncode, false, err)
	}
	if err := a.sendBytes(buf.b, m); err != nil {
		return err
	}
	for a != s {
		a = a.outer.Load()
		sent(a.events, m)
	}
	return nil
}

// settled returns the attempt that s stays with, s itself if it is one; nil while
// there may be another.
func (s *ClientStream) settled() *ClientStream {
	for s.replay != nil {
		if !s.replay.committed.Load() {
			return nil
		}
		s = s.replay.now.Load()
	}
	return s
}

// heed cancels the stream if its context is over: who has cancelled it knows
// that nothing goes on after that, although the watch may not have run yet.
func (s *ClientStream) heed() {
	select {
	case <-s.until.done:
		s.st.Cancel()
	default:
	}
}

// CloseSend says that no more messages will be sent. It may be called again.
func (s *ClientStream) CloseSend() error {
	if s.replay != nil {
		return s.replay.closeSend()
	}
	if s.closed.Swap(true) {
		return nil
	}
	s.heed()
	s.st.Send(nil, true, true, s.until.http2()) // Recv tells why if it fails
	return nil
}

// Recv receives a message into m, which is new. After the last one it returns
// io.EOF if the call went well, and an [*Error] otherwise. The one answer of a
// client streaming call is received when the call has ended well.
func (s *ClientStream) Recv(m proto.Message) error {
	if s.outcome != nil {
		return s.outcome
	}
	if !s.call.Method.Kind.manyAnswers() {
		return s.recvOne(m)
	}
	a := s.settled()
	if a == nil || a.outcome != nil {
		return s.recvReplay(m)
	}
	a.heed()
	a.sends.Store(0)
	in, err := a.st.Recv(http2.Bound{})
	if err != nil {
		err = a.over(a.ended(err))
	} else if err = a.decode(in, m); err != nil {
		err = a.over(a.call.fail(PhaseDecode, false, err))
	}
	if err != nil {
		if a != s {
			return s.recvReplay(m) // all that a is part of ends as well
		}
		return err
	}
	received(a.events, m)
	for a != s {
		a = a.outer.Load()
		received(a.events, m)
	}
	return nil
}

// recvOne is Recv for a call that has one answer.
func (s *ClientStream) recvOne(m proto.Message) error {
	if s.replay != nil {
		return s.recvReplay(m)
	}
	s.heed()
	s.sends.Store(0)
	in, err := s.st.Recv(http2.Bound{})
	if err != nil {
		if err = s.ended(err); err == io.EOF {
			err = s.call.fail(PhaseRead, false, errNoMessage)
		}
		return s.over(err)
	}
	if err := s.decode(in, m); err != nil {
		return s.over(s.call.fail(PhaseDecode, false, err))
	}
	if _, err := s.st.Recv(http2.Bound{}); err == nil {
		return s.over(s.call.fail(PhaseRead, false, errManyMessages))
	} else if err = s.ended(err); err != io.EOF {
		return s.over(err)
	}
	received(s.events, m)
	s.over(io.EOF)
	return nil
}

// recvReplay is Recv for a stream of several attempts, while there may be another
// one, and when the last one has ended.
func (s *ClientStream) recvReplay(m proto.Message) error {
	if err := s.replay.recv(m); err != nil {
		return s.over(err)
	}
	received(s.events, m)
	if !s.call.Method.Kind.manyAnswers() {
		s.over(io.EOF)
	}
	return nil
}

var (
	errNoMessage    = &Error{Code: Unimplemented, Message: "the answer has no message"}
	errManyMessages = &Error{Code: Unimplemented, Message: "the answer has several messages where one is due"}
)

// decode fills m from a message that has arrived.
func (s *ClientStream) decode(in http2.Message, m proto.Message) error {
	if !s.opened {
		head, _ := s.st.Head(http2.Bound{})
		decoder, status := s.core.decoderOf(head)
		if status != nil {
			return status
		}
		s.in, s.opened = decoder, true
	}
	s.call.Info.Stats.ReceivedBytes += len(in.Data) + http2.EnvelopeSize
	return s.core.o.decodeMessage(in, m, s.in, s.maxRecv)
}

// ended turns what package http2 says about the end of a stream into the
// outcome of the call.
func (s *ClientStream) ended(err error) error {
	head, headErr := s.st.Head(http2.Bound{Deadline: longAgo})
	if headErr == nil {
		tail := s.st.Tail()
		s.core.receive(s.ctx, s.call, head.Fields, tail.Fields)
		if status := statusOfHead(head); status != nil && tail.Status == "" {
			return s.call.fail(PhaseRemote, false, status)
		}
		if err == io.EOF {
			if status := statusOfEnd(head, tail); status != nil {
				return s.call.fail(PhaseRemote, false, status)
			}
			return io.EOF
		}
	}
	return s.call.failHTTP2(PhaseRead, s.until, s.maxRecv, err)
}

var longAgo = time.Unix(1, 0)

// over ends the receiving half, and with it the stream.
func (s *ClientStream) over(outcome error) error {
	s.outcome = outcome
	s.end(outcome)
	return outcome
}

// Header waits for the metadata that the answer begins with.
func (s *ClientStream) Header() (Metadata, error) {
	if s.replay != nil {
		return s.replay.header()
	}
	head, err := s.st.Head(http2.Bound{})
	if err != nil {
		return nil, s.call.failHTTP2(PhaseRead, s.until, s.maxRecv, err)
	}
	return readMetadata(head.Fields)
}

// Trailer returns the metadata that the answer ended with, nil before that.
func (s *ClientStream) Trailer() Metadata {
	if s.replay != nil {
		return s.replay.now.Load().Trailer()
	}
	m, _ := readMetadata(s.st.Tail().Fields)
	return m
}

var errStreamClosed = &Error{Code: Canceled, Message: "the stream was closed by its caller"}

// Close ends the stream; if it has not ended by itself, the call is
// cancelled. It may be called again, and at any time.
func (s *ClientStream) Close() error {
	s.end(errStreamClosed)
	return nil
}

// end lets go of everything once.
func (s *ClientStream) end(outcome error) {
	s.ending.Do(func() {
		if outcome == io.EOF {
			outcome = nil
		}
		if r := s.replay; r != nil {
			close(r.over)
			if r.policy != nil && outcome == nil {
				r.policy.Throttle.succeeded()
			}
			a := r.now.Load()
			a.end(outcome)
			if a.call != s.call && r.mu.TryLock() { // else another attempt is being made in vain
				s.call.Adopt(a.call)
				r.mu.Unlock()
			}
		} else {
			s.letGo()
		}
		s.mu.Lock()
		s.isOver, s.result = true, outcome
		events, root := s.events, s.root
		s.mu.Unlock()
		if root {
			(*callContext)(s.call).finish()
		}
		for _, e := range events {
			if e.Ended != nil {
				e.Ended(outcome)
			}
		}
	})
}

// own makes s the stream that the caller has: the call's context ends with it.
func (s *ClientStream) own() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root = true; s.isOver {
		(*callContext)(s.call).finish()
	}
}

// letGo stops what watches the stream, and the stream if it runs.
func (s *ClientStream) letGo() {
	s.mu.Lock()
	unhook, timer := s.unhook, s.timer
	s.mu.Unlock()
	if unhook != nil {
		unhook()
	}
	if timer != nil {
		timer.Stop()
	}
	s.st.Cancel()
}
