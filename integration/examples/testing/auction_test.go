package auction_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	auctionhouse "github.com/volo-go/volo/integration/examples/testing"
	"github.com/volo-go/volo/integration/examples/testing/gen/auction"
	"github.com/volo-go/volo/integration/examples/testing/gen/auction/auctionthrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// open starts an auction and returns a client of it. When the test ends, both
// are closed, and the test fails if the handler has left anything running.
func open(t *testing.T, opts ...volothrift.ClientOption) *auctionthrift.AuctionClient {
	pair := volothrifttest.New(t, auctionthrift.NewAuctionService(new(auctionhouse.House)))
	client, err := auctionthrift.NewAuctionClient(pair.Target(), pair.ClientOptions(opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func TestOnlyHigherBidsCount(t *testing.T) {
	client := open(t)
	for _, tt := range []struct {
		bidder  string
		amount  int64
		bids    int32 // so far
		highest int64 // in the exception; 0 for none
	}{
		{bidder: "Ada", amount: 10, bids: 1},
		{bidder: "Bob", amount: 10, highest: 10},
		{bidder: "Bob", amount: 11, bids: 2},
		{bidder: "Eve", amount: -1, highest: 11},
	} {
		bids, err := client.Bid(t.Context(), tt.bidder, tt.amount)
		var tooLow *auction.TooLow
		if errors.As(err, &tooLow) != (tt.highest > 0) || tooLow.GetHighest() != tt.highest || bids != tt.bids {
			t.Errorf("%s bids %d: got %d, %v, want %d or an exception about %d", tt.bidder, tt.amount, bids, err, tt.bids, tt.highest)
		}
	}
}

// In a bubble of synctest, time stands still until everybody waits, and then
// leaps: these minutes take none, and are exact.
func TestTheLastBidderWinsAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := open(t)
		start := time.Now()
		winner := make(chan string)
		go func() {
			name, err := client.Wait(t.Context())
			if err != nil {
				t.Error(err)
			}
			winner <- name
		}()
		for _, bidder := range []string{"Ada", "Bob", "Ada"} {
			time.Sleep(40 * time.Second)
			if _, err := client.Bid(t.Context(), bidder, int64(time.Since(start))); err != nil {
				t.Error(err)
			}
		}
		if name, took := <-winner, time.Since(start); name != "Ada" || took != 3*time.Minute {
			t.Errorf("%s wins after %v, want Ada after 3m", name, took)
		}
	})
}

func TestAWaitThatTakesTooLongIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := open(t, volothrift.WithTimeout(30*time.Second))
		start := time.Now()
		_, err := client.Wait(t.Context())
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 30*time.Second {
			t.Errorf("got %v after %v, want the deadline after 30s", err, took)
		}
		// The connection goes on being of use.
		if bids, err := client.Bid(t.Context(), "Ada", 1); bids != 1 || err != nil {
			t.Errorf("afterwards: got %d, %v", bids, err)
		}
	})
}
