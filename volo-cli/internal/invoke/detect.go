package invoke

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

// patience is how long a server may take to answer a question in a framing
// that it perhaps does not speak: one that waits for the rest of what it took
// for a length never answers.
const patience = 500 * time.Millisecond

// probe is the method that a server is asked for. None has it, so that nothing
// happens on its account.
const probe = "volo_which_framing"

// A SilentError says that a server answers Thrift in no framing.
type SilentError struct {
	Target string
	Tried  []string // the framings, each with what became of it
}

// Error says what to do.
func (e *SilentError) Error() string {
	return fmt.Sprintf("the server at %s does not answer Thrift in any framing; if it is only slow, name one with --protocol\n  %s",
		e.Target, strings.Join(e.Tried, "\n  "))
}

// An unreachableError says that there was no connection for the question. Of
// the question, which the user has not asked, it says nothing.
type unreachableError struct{ err *volothrift.Error }

func (e *unreachableError) Error() string { return e.err.Err.Error() }
func (e *unreachableError) Unwrap() error { return e.err }

// detect asks the server for a method that it does not have, in one framing
// after the other, and returns the one in which it says so.
func detect(ctx context.Context, c *Config) (Protocol, error) {
	var tried []string
	for _, f := range framings[:3] {
		err := ask(ctx, c, f.name)
		var failed *volothrift.Error
		switch {
		case err == nil, errors.As(err, &failed) && failed.Phase == volothrift.PhaseRemote:
			return f.name, nil
		case ctx.Err() != nil:
			return "", ctx.Err()
		case failed == nil:
			return "", err
		case failed.Phase == volothrift.PhaseDial, failed.Phase == volothrift.PhasePick:
			return "", &unreachableError{failed} // in no framing would it be different
		}
		tried = append(tried, fmt.Sprintf("%s: %v", f.name, failed.Err))
	}
	return "", &SilentError{c.Target, tried}
}

func ask(ctx context.Context, c *Config, framing Protocol) error {
	plain := *c
	plain.Mux, plain.Connections = false, 0
	client, err := dialThrift(&plain, framing)
	if err != nil {
		return err
	}
	defer client.Close()
	// The time for a handshake is not the server's to answer.
	over := client.With(volothrift.CallTimeout(patience + max(c.ConnectTimeout, 0)))
	_, err = generic.NewBinaryClient(over, probe, []generic.Method{{Name: probe}}).CallBinary(ctx, probe, nil)
	return err
}
