package recovery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
)

type script = motoretest.Script[string, string]

var errMine = errors.New("mine")

func TestRecovery(t *testing.T) {
	mine := func(context.Context, recovery.Panic) error { return errMine }
	none := func(context.Context, recovery.Panic) error { return nil }
	for _, c := range []struct {
		what    string
		handler func(context.Context, recovery.Panic) error
		next    *script
		want    string
		err     string
	}{
		{"no panic, a response", nil, motoretest.New[string, string]().Return("ok"), "ok", ""},
		{"no panic, an error", mine, motoretest.New[string, string]().Fail(io.EOF), "", "EOF"},
		{"a panic becomes an error", nil, motoretest.New[string, string]().Panic("boom"), "", "recovery: panic: boom"},
		{"a panic with an error", nil, motoretest.New[string, string]().Panic(io.EOF), "", "recovery: panic: EOF"},
		{"a panic of the runtime", nil, motoretest.New[string, string]().Run(func(context.Context, string) (string, error) {
			var m map[string]int
			m["a"] = 1
			return "", nil
		}), "", "recovery: panic: assignment to entry in nil map"},
		{"a panic with nil", nil, motoretest.New[string, string]().Panic(nil), "",
			"recovery: panic: " + new(runtime.PanicNilError).Error()},
		{"the handler decides", mine, motoretest.New[string, string]().Panic("boom"), "", "mine"},
		{"a handler without an answer makes no success", none, motoretest.New[string, string]().Panic("boom"), "", "recovery: panic: boom"},
	} {
		got, err := recovery.New[string, string](c.handler)(c.next).Call(t.Context(), "q")
		message := ""
		if err != nil {
			message = err.Error()
		}
		if got != c.want || message != c.err {
			t.Errorf("%s: got %q, %q, want %q, %q", c.what, got, message, c.want, c.err)
		}
	}
}

func explode(context.Context, string) (string, error) { panic("boom") }

func TestTheHandlerGetsTheFacts(t *testing.T) {
	var got recovery.Panic
	var method string
	layer := recovery.New[string, string](func(ctx context.Context, p recovery.Panic) error {
		got, method = p, rpc.FromContext(ctx).Method
		return errMine
	})
	ctx := rpc.NewContext(t.Context(), &rpc.Info{Method: "Echo"})
	layer(motore.ServiceFunc[string, string](explode)).Call(ctx, "q")
	if got.Value != "boom" || method != "Echo" {
		t.Errorf("got value %v of method %q, want boom of Echo", got.Value, method)
	}
	if !strings.Contains(string(got.Stack), "recovery_test.explode") {
		t.Errorf("got stack %s, want the function that panicked in it", got.Stack)
	}
}

func TestThePanicIsNotTheErrorItWasCalledWith(t *testing.T) {
	s := recovery.New[string, string](nil)(motoretest.New[string, string]().Panic(io.EOF))
	_, err := s.Call(t.Context(), "q")
	if errors.Is(err, io.EOF) {
		t.Errorf("got %v, which is io.EOF, want an error that is not", err)
	}
	var p *recovery.PanicError
	if !errors.As(err, &p) || p.Value != io.EOF || len(p.Stack) == 0 {
		t.Errorf("got %#v, want a *PanicError with the value and the stack", err)
	}
}

func TestAPanicOfTheHandlerPasses(t *testing.T) {
	again := recovery.New[string, string](func(_ context.Context, p recovery.Panic) error { panic(p.Value) })
	defer func() {
		if got := recover(); got != "boom" {
			t.Errorf("got panic %v, want boom", got)
		}
	}()
	again(motoretest.New[string, string]().Panic("boom")).Call(t.Context(), "q")
	t.Error("the call returned, want a panic")
}

func TestGoexitIsLeftAlone(t *testing.T) {
	handled, returned := false, false
	s := recovery.New[string, string](func(context.Context, recovery.Panic) error {
		handled = true
		return errMine
	})(motore.ServiceFunc[string, string](func(context.Context, string) (string, error) {
		runtime.Goexit()
		return "", nil
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Call(t.Context(), "q")
		returned = true
	}()
	<-done
	if handled || returned {
		t.Errorf("got handled %v, returned %v, want the goroutine to end without either", handled, returned)
	}
}

func TestACallWithoutPanicAllocatesNothing(t *testing.T) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	s, ctx := recovery.New[string, string](nil)(echo), t.Context()
	if got := testing.AllocsPerRun(100, func() { s.Call(ctx, "q") }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}

func BenchmarkRecovery(b *testing.B) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	s, ctx := recovery.New[string, string](nil)(echo), b.Context()
	b.ReportAllocs()
	for b.Loop() {
		s.Call(ctx, "q")
	}
}

func ExampleNew() {
	layer := recovery.New[string, string](func(_ context.Context, p recovery.Panic) error {
		return fmt.Errorf("internal error: %v", p.Value) // and p.Stack into the log
	})
	s := layer(motore.ServiceFunc[string, string](func(context.Context, string) (string, error) {
		panic("index out of range")
	}))
	_, err := s.Call(context.Background(), "q")
	fmt.Println(err)
	// Output: internal error: index out of range
}
