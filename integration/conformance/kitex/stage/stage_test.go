package stage_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/volo-go/volo/integration/conformance/kitex/stage"
)

func TestEachCaseIsALine(t *testing.T) {
	var out bytes.Buffer
	stage.Run(t.Context(), &out, []stage.Case{
		{Name: "passes", Run: func(context.Context) error { return nil }},
		{Name: "fails", Run: func(context.Context) error { return errors.Join(errors.New("one"), errors.New("two")) }},
		{Name: "panics", Run: func(context.Context) error { panic("no") }},
	})
	if want := "passes: ok\nfails: one two\npanics: panic: no\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestACaseThatDoesNotReturnFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		var out bytes.Buffer
		stage.Run(t.Context(), &out, []stage.Case{
			{Name: "hangs", Run: func(context.Context) error { <-stuck; return nil }},
			{Name: "passes", Run: func(context.Context) error { return nil }},
		})
		close(stuck)
		if want := "hangs: has not returned within 30s\npasses: ok\n"; out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
}

func TestRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r stage.Rooms
		ctx := t.Context()
		done := make(chan error, 3)
		go func() { done <- r.Noted(ctx, "a") }()
		go func() { done <- r.Hold(ctx, "b") }()
		go func() { done <- r.Meet(ctx, "c", 2) }()
		synctest.Wait()
		if len(done) != 0 || r.Holding() != 1 {
			t.Errorf("%d have not waited, %d hold", len(done), r.Holding())
		}
		r.Note("a")
		r.Release("b")
		if err := r.Meet(ctx, "c", 2); err != nil {
			t.Error(err)
		}
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := r.Noted(ctx, "never"); err == nil {
			t.Error("a note that nobody wrote was read")
		}
		if r.Holding() != 0 {
			t.Errorf("%d hold, want none", r.Holding())
		}
	})
}

func TestLoadSaysHowManyCallsHaveFailed(t *testing.T) {
	var r stage.Rooms
	l := stage.NewLoad(2, func() error {
		r.Serve()
		return nil
	})
	if err := errors.Join(r.AwaitServed(t.Context(), 10), l.Stop()); err != nil {
		t.Error(err)
	}
	l = stage.NewLoad(1, func() error {
		r.Serve()
		return errors.New("broken")
	})
	if err := r.AwaitServed(t.Context(), r.Served()+1); err != nil {
		t.Fatal(err)
	}
	if err := l.Stop(); err == nil {
		t.Error("failures were not reported")
	}
}
