package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
)

type judged struct {
	outcome rpc.Outcome
	cause   error
}

func (j judged) Error() string        { return "judged " + j.outcome.String() }
func (j judged) Outcome() rpc.Outcome { return j.outcome }
func (j judged) Unwrap() error        { return j.cause }

func TestOutcomeOf(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want rpc.Outcome
	}{
		{"no error is an answer", nil, rpc.Answered},
		{"an error without an opinion is the handler's decision", errors.New("out of stock"), rpc.Answered},
		{"a cancelled context says nothing about the instance", fmt.Errorf("call: %w", context.Canceled), rpc.Canceled},
		{"an elapsed deadline leaves the end unknown", context.DeadlineExceeded, rpc.Lost},
		{"an error that judges is believed", judged{rpc.Unsent, nil}, rpc.Unsent},
		{"also when it is wrapped", fmt.Errorf("call: %w", judged{rpc.Failed, nil}), rpc.Failed},
		{"the outermost judge decides", judged{rpc.Lost, judged{rpc.Unsent, nil}}, rpc.Lost},
		{"a judge is believed against the context's errors", judged{rpc.Unsent, context.DeadlineExceeded}, rpc.Unsent},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := rpc.OutcomeOf(test.err); got != test.want {
				t.Errorf("OutcomeOf(%v) = %v, want %v", test.err, got, test.want)
			}
		})
	}
}

func TestOutcomeSpeaksAgainstTheInstance(t *testing.T) {
	for outcome, want := range map[rpc.Outcome]bool{
		rpc.Answered: false, rpc.Unsent: true, rpc.Lost: true, rpc.Failed: true, rpc.Rejected: false, rpc.Canceled: false,
	} {
		if got := outcome.Faulty(); got != want {
			t.Errorf("%v.Faulty() = %v, want %v", outcome, got, want)
		}
	}
	if got, want := rpc.Outcome(9).String(), "outcome 9"; got != want {
		t.Errorf("Outcome(9) is %q, want %q", got, want)
	}
}
