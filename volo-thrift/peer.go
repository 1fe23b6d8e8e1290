package volothrift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// A peer is a client's way to one instance: connections, and how calls share
// them. The two kinds are in peer_multiplex.go and peer_pingpong.go.
type peer interface {
	roundTrip(ctx context.Context, req *Request) (*Response, error)
	// retire takes no more calls; those that run may finish.
	retire()
	// idle reports that nothing is left after retire.
	idle() bool
	// close ends everything.
	close()
	// state is what there is at the moment, without the address.
	state() observe.Peer
}

var errClientClosed = errors.New("client is closed")

// peers holds the peers of a client by address. They are made when first
// called and kept until discovery drops the address or the client is closed.
type peers struct {
	open func(rpc.Address) peer

	byAddress sync.Map // rpc.Address → peer
	favourite atomic.Pointer[addressed]

	mu      sync.Mutex
	retired []peer // dropped, with calls that still run
	closed  bool
}

// An addressed is a peer that is found without a look at the others: often it is
// the only one.
type addressed struct {
	rpc.Address
	peer
}

func (p *peers) get(addr rpc.Address) (peer, error) {
	first := p.favourite.Load()
	if first != nil && first.Address == addr {
		return first.peer, nil
	}
	found, err := p.find(addr)
	if first != nil || err != nil {
		return found, err // it stays: to change it for each call costs more than to look
	}
	first = &addressed{addr, found}
	p.favourite.Store(first)
	if still, ok := p.byAddress.Load(addr); !ok || still != found {
		p.favourite.CompareAndSwap(first, nil) // dropped meanwhile
	}
	return found, nil
}

func (p *peers) find(addr rpc.Address) (peer, error) {
	if found, ok := p.byAddress.Load(addr); ok {
		return found.(peer), nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClientClosed
	}
	if found, ok := p.byAddress.Load(addr); ok {
		return found.(peer), nil
	}
	made := p.open(addr)
	p.byAddress.Store(addr, made)
	return made, nil
}

// drop retires the peer of an address that is no instance any more.
func (p *peers) drop(addr rpc.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = slices.DeleteFunc(p.retired, peer.idle)
	p.favourite.Store(nil)
	if found, ok := p.byAddress.LoadAndDelete(addr); ok {
		found.(peer).retire()
		p.retired = append(p.retired, found.(peer))
	}
}

func (p *peers) close() {
	p.mu.Lock()
	p.closed = true
	all := p.retired
	p.mu.Unlock()
	p.byAddress.Range(func(_, made any) bool {
		all = append(all, made.(peer))
		return true
	})
	for _, made := range all {
		made.close()
	}
}

// open makes the peer for an address.
func (c *clientCore) open(addr rpc.Address) peer {
	if c.o.connections > 0 {
		return newMultiplexPeer(c, addr)
	}
	return newPingPongPeer(c, addr)
}

// A bound is what limits the waiting of a call: the earlier of its deadline
// and its context, read once.
type bound struct {
	ctx      context.Context
	deadline time.Time       // zero for never
	done     <-chan struct{} // nil for never
}

// boundOf looks through the call's own context, whose deadline is watched
// without the timer that its Done would start.
func boundOf(ctx context.Context, req *Request) bound {
	if call, ok := ctx.(*callContext); ok {
		return bound{call.parent, req.Info.Deadline, call.parent.Done()}
	}
	d, _ := ctx.Deadline()
	if own := req.Info.Deadline; d.IsZero() || !own.IsZero() && own.Before(d) {
		d = own
	}
	return bound{ctx, d, ctx.Done()}
}

// cause turns the error of a wait that was cut short into the reason.
func (b bound) cause(err error) error {
	if b.ctx.Err() != nil {
		return reason(b.ctx)
	}
	if !b.deadline.IsZero() && !time.Now().Before(b.deadline) {
		return context.DeadlineExceeded
	}
	return err
}

// overtake returns the error of a call that the peer has answered. A peer whose
// time is over at the same instant as ours often says that it has failed, and of
// the two news that may come first; callers are to hear the same of both.
func (b bound) overtake(req *Request, err error) error {
	failed, ok := err.(*Error)
	if !ok || failed.Phase != PhaseRemote || failed.Outcome() != rpc.Failed {
		return err
	}
	if over := b.cause(nil); over != nil {
		return req.fail(PhaseRead, false, fmt.Errorf("%w; the peer answered: %w", over, failed.Err))
	}
	return err
}

// reason says why ctx is done: with its error, and its cause if that is
// another.
func reason(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// A scratch is what a request is encoded into.
type scratch struct {
	b []byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Buffers that one big message has grown beyond this are not kept.
const maxScratch = 64 << 10

func (s *scratch) release() {
	if cap(s.b) > maxScratch {
		s.b = nil
	}
	s.b = s.b[:0]
	scratches.Put(s)
}

// stamp notes that a phase of req is over, if anybody wants to know.
func (c *clientCore) stamp(phase *time.Duration, req *Request) {
	if c.o.timePhases {
		*phase = time.Since(req.Info.Stats.Start)
	}
}

// encodeFailure tells a call that ran out of time before it was sent from one
// whose arguments cannot be sent.
func encodeFailure(req *Request, err error) error {
	phase := PhaseEncode
	if errors.Is(err, context.DeadlineExceeded) {
		phase = PhaseWrite
	}
	return req.fail(phase, true, err)
}
