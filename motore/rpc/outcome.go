package rpc

import (
	"context"
	"errors"
	"strconv"
)

// An Outcome is what the end of a call, or of one attempt, says about the
// instance that it went to. Failover, retries, breakers, ejection and metrics
// all judge by it, so that they never disagree.
type Outcome uint8

// The outcomes.
const (
	// Answered: the instance did its work. That covers an answer that is no
	// success: a declared exception, a business error.
	Answered Outcome = iota
	// Unsent: the instance has not acted on the call and never will. Another
	// one may be asked, whatever the method.
	Unsent
	// Lost: the call was sent, and how it ended is unknown: the connection
	// broke, or time ran out. Only an idempotent call may be made again.
	Lost
	// Failed: the instance answered that it could not do its work.
	Failed
	// Rejected: the call itself is at fault; it would fail anywhere.
	Rejected
	// Canceled: the caller gave up, which says nothing about the instance.
	Canceled
)

var outcomeNames = [...]string{
	Answered: "answered", Unsent: "unsent", Lost: "lost",
	Failed: "failed", Rejected: "rejected", Canceled: "canceled",
}

// String returns the outcome's name in lower case.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "outcome " + strconv.Itoa(int(o))
}

// Faulty reports whether the outcome speaks against the instance.
func (o Outcome) Faulty() bool { return o == Unsent || o == Lost || o == Failed }

// OutcomeOf returns what err, the error that a call returned, says. Nil is
// [Answered]. Otherwise the outermost error in the chain that has a method
// Outcome() Outcome decides; without one, the errors of package context mean
// [Canceled] and [Lost], and everything else was the decision of a handler.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Answered
	}
	judge, ok := errors.AsType[interface {
		error
		Outcome() Outcome
	}](err)
	switch {
	case ok:
		return judge.Outcome()
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Lost
	}
	return Answered
}
