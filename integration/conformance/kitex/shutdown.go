package kitex

import (
	"context"
	"errors"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"

	"github.com/volo-go/volo/integration/conformance/kitex/stage"
)

// flights is how many calls are held while a server shuts down; the Kitex
// program has the same number.
const flights = 8

// enough is how many calls must have been answered before something is done to
// the servers, and after it.
const enough = 200

// shutdownsOfOurs are our servers that shut down while Kitex's client calls.
func (k kitex) shutdownsOfOurs(p protocol) []stage.Case {
	cases := []stage.Case{
		{Name: "calls in flight while the server shuts down", Run: func(ctx context.Context) error {
			ours, err := serve()
			if err != nil {
				return err
			}
			theirs, err := k.start(ctx, "flight", "-protocol", p.theirs, ours.addr)
			if err != nil {
				return err
			}
			err = ours.rooms.AwaitHolding(ctx, flights)
			go func() {
				<-ours.ending
				ours.rooms.Release("flight")
			}()
			return errors.Join(err, ours.shutdown(ctx), theirs.verdict())
		}},
	}
	if !p.header || p.mux {
		// Nothing can tell Kitex that a connection is about to end: what is on
		// its way then is lost, and not sent again. Without a header there is
		// no room to say it; its client for multiplexed connections panics over
		// control frames of Kitex's own, and takes no notice of ours.
		return cases
	}
	return append(cases, stage.Case{Name: "calls while one of two servers shuts down", Run: func(ctx context.Context) error {
		first, err := serve()
		if err != nil {
			return err
		}
		other, err := serve()
		if err != nil {
			return err
		}
		theirs, err := k.start(ctx, "load", "-protocol", p.theirs, first.addr, other.addr)
		if err != nil {
			return err
		}
		err = errors.Join(first.rooms.AwaitServed(ctx, enough), first.shutdown(ctx))
		err = errors.Join(err, other.rooms.AwaitServed(ctx, other.rooms.Served()+enough))
		theirs.stdin.Close()
		return errors.Join(err, theirs.verdict(), other.shutdown(ctx))
	}})
}

// shutdownsOfTheirs are Kitex's servers that shut down while our client calls.
func (k kitex) shutdownsOfTheirs(p protocol) []stage.Case {
	return []stage.Case{
		{Name: "calls in flight while the server shuts down", Run: func(ctx context.Context) error {
			return k.flight(ctx, p)
		}},
		{Name: "calls while one of two servers shuts down", Run: func(ctx context.Context) error {
			first, err := k.serve(ctx, p.mux)
			if err != nil {
				return err
			}
			other, err := k.serve(ctx, p.mux)
			if err != nil {
				return err
			}
			instances, err := addresses(first.addr, other.addr)
			if err != nil {
				return err
			}
			options := []volothrift.ClientOption{volothrift.WithDiscoverer(discovery.Static(instances...))}
			if !p.header || p.mux {
				// Without a header Kitex cannot say that a connection is about to
				// end; multiplexed, it says so and at once answers no more. Calls
				// that do no harm twice are made again.
				options = append(options, volothrift.WithOuter(volothrift.Retry(retry.Config{})))
			}
			c, err := p.dial("suite", options...)
			if err != nil {
				return err
			}
			defer c.Close()
			var rooms stage.Rooms // counts answers
			idempotent := c.With(volothrift.CallIdempotent())
			load := stage.NewLoad(8, func() error {
				_, err := idempotent.Inherited(ctx, "load")
				rooms.Serve()
				return err
			})
			err = errors.Join(rooms.AwaitServed(ctx, enough), first.stop())
			err = errors.Join(err, rooms.AwaitServed(ctx, rooms.Served()+enough), load.Stop())
			return errors.Join(err, other.stop())
		}},
	}
}

// flight stops a server of Kitex's while calls of ours are held there. It
// releases them itself when it is on its way out.
func (k kitex) flight(ctx context.Context, p protocol) error {
	theirs, err := k.serve(ctx, p.mux)
	if err != nil {
		return err
	}
	c, err := p.dial(theirs.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	answers := make(chan error, 1)
	go func() {
		answers <- stage.All(flights, func(int) error {
			got, err := c.Hold(ctx, "flight")
			return is(got, err, "flight")
		})
	}()
	for held := int32(0); held < flights; {
		if held, err = c.Holding(ctx); err != nil {
			return err
		}
	}
	return errors.Join(theirs.stop(), <-answers)
}

func addresses(texts ...string) (all []rpc.Address, err error) {
	for _, text := range texts {
		a, err := rpc.ParseAddress(text)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}
