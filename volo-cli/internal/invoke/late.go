package invoke

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/volo-go/volo/pilota/thrift"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// tick is how far the clocks of both sides are apart: what deadlines lose when
// they travel, and the time until a timer runs.
const tick = 5 * time.Millisecond

// late returns the error of a call that had until the deadline of ctx.
//
// A server that keeps to the deadline answers when it has passed, that it has.
// Whether that comes first or our own timer fires is chance, so both are told
// alike: there was no answer in time.
func late(ctx context.Context, err error) error {
	deadline, ok := ctx.Deadline()
	if !ok || err == nil || time.Until(deadline) > tick {
		return err
	}
	var status *vologrpc.Error
	if errors.As(err, &status) && status.Phase == vologrpc.PhaseRemote && status.Code == vologrpc.DeadlineExceeded {
		e := *status
		e.Phase, e.Message, e.Err = vologrpc.PhaseRead, context.DeadlineExceeded.Error(), context.DeadlineExceeded
		return &e
	}
	// Thrift has no code for that, but a server in Go says what its context does.
	var failed *volothrift.Error
	var exception *thrift.ApplicationException
	if errors.As(err, &failed) && errors.As(failed.Err, &exception) &&
		strings.Contains(exception.Message, context.DeadlineExceeded.Error()) {
		return &volothrift.Error{
			Phase: volothrift.PhaseRead, Service: failed.Service, Method: failed.Method, Address: failed.Address, Err: context.DeadlineExceeded,
		}
	}
	return err
}
