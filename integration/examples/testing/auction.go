// Package auction is a service that is easy to get wrong: it is called
// concurrently, it waits, and it counts minutes. Its tests are the example:
// they call it through a generated client, in one process, without a network
// and without losing a minute.
package auction

import (
	"context"
	"sync"
	"time"

	"github.com/volo-go/volo/integration/examples/testing/gen/auction"
)

// Patience is how long an auction goes on after the last bid.
const Patience = time.Minute

// A House holds one auction; it implements auctionthrift.Auction.
type House struct {
	mu      sync.Mutex
	bids    int32
	bidder  string // of the highest bid
	highest int64
	next    chan struct{} // closed by the next bid; nil if nobody waits
}

// Bid takes a bid that is higher than all before.
func (h *House) Bid(ctx context.Context, bidder string, amount int64) (int32, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if amount <= h.highest {
		return 0, &auction.TooLow{Highest: h.highest}
	}
	h.bids++
	h.bidder, h.highest = bidder, amount
	if h.next != nil {
		close(h.next)
		h.next = nil
	}
	return h.bids, nil
}

// Wait returns the last bidder once the house has lost its patience.
func (h *House) Wait(ctx context.Context) (string, error) {
	for {
		bidder, next := h.look()
		select {
		case <-next:
		case <-time.After(Patience):
			return bidder, nil
		case <-ctx.Done(): // the caller has gone, or its time is up
			return "", context.Cause(ctx)
		}
	}
}

func (h *House) look() (bidder string, next <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.next == nil {
		h.next = make(chan struct{})
	}
	return h.bidder, h.next
}
