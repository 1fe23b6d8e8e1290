package fallback_test

import (
	"context"
	"errors"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/fallback"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/rpc"
)

type ended rpc.Outcome

func (e ended) Error() string        { return "ended " + rpc.Outcome(e).String() }
func (e ended) Outcome() rpc.Outcome { return rpc.Outcome(e) }

var errSays = errors.New("the handler says no")

type config = fallback.Config[string, string]

func TestWhatIsAnswered(t *testing.T) {
	instead := fallback.Value[string]("instead")
	for _, c := range []struct {
		what   string
		config config
		err    error
		want   string // "" if the error is to be seen
	}{
		{"a success is left alone", config{Respond: instead}, nil, "ok"},
		{"what could not be sent", config{Respond: instead}, ended(rpc.Unsent), "instead"},
		{"what was lost", config{Respond: instead}, ended(rpc.Lost), "instead"},
		{"what failed", config{Respond: instead}, ended(rpc.Failed), "instead"},
		{"what ran out of time", config{Respond: instead}, context.DeadlineExceeded, "instead"},
		{"a rejection is not hidden", config{Respond: instead}, ended(rpc.Rejected), ""},
		{"unless asked for", config{Respond: instead, On: []rpc.Outcome{rpc.Rejected}}, ended(rpc.Rejected), "instead"},
		{"an error that is an answer is seen", config{Respond: instead}, errSays, ""},
		{"unless asked for by name", config{Respond: instead, On: []rpc.Outcome{rpc.Answered}}, errSays, "instead"},
		{"and a success is one even then", config{Respond: instead, On: []rpc.Outcome{rpc.Answered}}, nil, "ok"},
		{"who has gone needs none", config{Respond: instead}, ended(rpc.Canceled), ""},
		{"only what is named", config{Respond: instead, On: []rpc.Outcome{rpc.Unsent}}, ended(rpc.Lost), ""},
		{"nothing is named", config{Respond: instead, On: []rpc.Outcome{}}, ended(rpc.Unsent), ""},
		{"a condition that agrees", config{Respond: instead, If: func(error) bool { return true }}, ended(rpc.Lost), "instead"},
		{"a condition that does not", config{Respond: instead, If: func(error) bool { return false }}, ended(rpc.Lost), ""},
		{"a condition does not widen", config{Respond: instead, If: func(error) bool { return true }}, ended(rpc.Rejected), ""},
		{"without a response", config{}, ended(rpc.Unsent), ""},
	} {
		next := motoretest.New[string, string]()
		if c.err != nil {
			next.Fail(c.err)
		} else {
			next.Return("ok")
		}
		got, err := fallback.New(c.config)(next).Call(t.Context(), "q")
		if c.want == "" && err != c.err || c.want != "" && (err != nil || got != c.want) {
			t.Errorf("%s: got %q, %v, want %q or %v", c.what, got, err, c.want, c.err)
		}
	}
}

func TestAFunctionSeesAllAndMayFail(t *testing.T) {
	next := motoretest.New[string, string]().Fail(ended(rpc.Lost))
	s := fallback.New(config{Respond: func(ctx context.Context, req string, err error) (string, error) {
		if info := rpc.FromContext(ctx); info.Method != "Get" || req != "q" || err != ended(rpc.Lost) {
			t.Errorf("got %v, %q, %v, want what was called and how it failed", info, req, err)
		}
		return "", errSays
	}})(next)
	if _, err := s.Call(rpc.NewContext(t.Context(), &rpc.Info{Method: "Get"}), "q"); err != errSays {
		t.Errorf("got %v, want what the function fails with", err)
	}
}

func TestASuccessAllocatesNothing(t *testing.T) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	s, ctx := fallback.New(config{Respond: fallback.Value[string]("instead")})(echo), t.Context()
	if got := testing.AllocsPerRun(1000, func() { s.Call(ctx, "q") }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}
