package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/stockthrift"
	stockv1 "github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1"
	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1/stockv1grpc"
	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// What a call has, and what each of its attempts has.
const (
	CallTime    = 3 * time.Second
	AttemptTime = 500 * time.Millisecond
)

// A Client makes calls over one protocol, with the stack that package chaos is
// about.
type Client struct {
	Protocol string
	Attempts *Attempts
	// Idempotent and Others make a call that is, or is not, idempotent.
	Idempotent, Others func(ctx context.Context, id string) error
	Close              func() error
}

// ThriftClient returns a client for the instances that d finds.
func ThriftClient(d discovery.Discoverer) (*Client, error) {
	attempts := newAttempts()
	c, err := stockthrift.NewStockClient(Service,
		volothrift.WithDiscoverer(d),
		volothrift.WithTimeout(CallTime),
		volothrift.WithOuter(volothrift.Retry(retry.Config{}), volothrift.Timeout(AttemptTime)),
		volothrift.WithInner(watch[*volothrift.Request, *volothrift.Response](attempts)))
	if err != nil {
		return nil, err
	}
	call := func(c *stockthrift.StockClient) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			n, err := c.Count(ctx, id)
			return check(id, n, err)
		}
	}
	return &Client{"Thrift", attempts, call(c.With(volothrift.CallIdempotent())), call(c), c.Close}, nil
}

// GRPCClient returns a client for the instances that d finds.
func GRPCClient(d discovery.Discoverer) (*Client, error) {
	attempts := newAttempts()
	c, err := stockv1grpc.NewStockClient(Service,
		vologrpc.WithDiscoverer(d),
		vologrpc.WithTimeout(CallTime),
		vologrpc.WithOuter(vologrpc.RetryOutcome(retry.Config{}), vologrpc.Timeout(AttemptTime)),
		vologrpc.WithInner(watch[*vologrpc.Request, *vologrpc.Response](attempts)))
	if err != nil {
		return nil, err
	}
	call := func(c *stockv1grpc.StockClient) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			resp, err := c.Count(ctx, &stockv1.CountRequest{Item: id})
			return check(id, resp.GetNumber(), err)
		}
	}
	return &Client{"gRPC", attempts, call(c.With(vologrpc.CallIdempotent())), call(c), c.Close}, nil
}

// Service is what discovery knows the instances as.
const Service = "stock"

// errMixedUp is the error of a call that has got the answer of another one.
var errMixedUp = errors.New("chaos: the answer belongs to another call")

func check(id string, n int64, err error) error {
	if err == nil && n != sum(id) {
		return errMixedUp
	}
	return err
}

// Attempts is how the attempts of a client's calls ended.
type Attempts struct {
	mu    sync.Mutex
	kinds map[string]int            // by kind
	first map[rpc.Address]time.Time // answer of an instance since Forget
}

func newAttempts() *Attempts {
	return &Attempts{kinds: map[string]int{}, first: map[rpc.Address]time.Time{}}
}

// Kinds returns how many attempts ended how, see [Kind].
func (a *Attempts) Kinds() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.kinds
}

// Forget forgets who has answered.
func (a *Attempts) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.first)
}

// Answered returns when an instance first answered since Forget; zero if it has
// not.
func (a *Attempts) Answered(by rpc.Address) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.first[by]
}

func (a *Attempts) note(by rpc.Address, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.kinds[Kind(err)]++
	} else if a.first[by].IsZero() {
		a.first[by] = time.Now()
	}
}

func watch[Req, Resp any](a *Attempts) motore.Layer[Req, Resp] {
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			resp, err := next.Call(ctx, req)
			a.note(rpc.FromContext(ctx).Callee.Address, err)
			return resp, err
		})
	}
}

// Kind returns what a failure is: its outcome, and the phase in which it came.
func Kind(err error) string {
	outcome := rpc.OutcomeOf(err)
	var overThrift *volothrift.Error
	var overGRPC *vologrpc.Error
	switch {
	case errors.As(err, &overThrift):
		return fmt.Sprintf("%v in %v", outcome, overThrift.Phase)
	case errors.As(err, &overGRPC):
		return fmt.Sprintf("%v in %v", outcome, overGRPC.Phase)
	}
	return fmt.Sprintf("%v: %v", outcome, err)
}
