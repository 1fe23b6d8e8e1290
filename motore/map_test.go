package motore_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/motoretest"
)

var (
	errInner  = errors.New("inner")
	errMapped = errors.New("mapped")
)

func atoi(_ context.Context, s string) (int, error) { return strconv.Atoi(s) }

func TestMapRequest(t *testing.T) {
	for _, c := range []struct {
		what      string
		req       string
		want      string
		err       error
		wantCalls int
	}{
		{"a request that can be mapped is passed on", "7", "seven", nil, 1},
		{"a request that cannot be mapped is not", "x", "", strconv.ErrSyntax, 0},
	} {
		script := motoretest.New[int, string]().Return("seven")
		got, err := motore.MapRequest(script, atoi).Call(t.Context(), c.req)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: got %q, %v, want %q, %v", c.what, got, err, c.want, c.err)
		}
		if calls := script.Calls(); len(calls) != c.wantCalls || len(calls) > 0 && calls[0].Req != 7 {
			t.Errorf("%s: got calls %v, want %d, with 7", c.what, calls, c.wantCalls)
		}
	}
}

func TestMapResponse(t *testing.T) {
	for _, c := range []struct {
		what string
		next *motoretest.Script[string, string]
		want int
		err  error
	}{
		{"a response is mapped", motoretest.New[string, string]().Return("7"), 7, nil},
		{"what f fails with is what the caller gets", motoretest.New[string, string]().Return("x"), 0, strconv.ErrSyntax},
		{"an error passes f by", motoretest.New[string, string]().Fail(errInner), 0, errInner},
	} {
		got, err := motore.MapResponse(c.next, atoi).Call(t.Context(), "q")
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, %v, want %v, %v", c.what, got, err, c.want, c.err)
		}
	}
}

func TestMapError(t *testing.T) {
	toMapped := func(context.Context, error) error { return errMapped }
	toNil := func(context.Context, error) error { return nil }
	for _, c := range []struct {
		what string
		next *motoretest.Script[string, string]
		f    func(context.Context, error) error
		want string
		err  error
	}{
		{"an error is mapped", motoretest.New[string, string]().Fail(errInner), toMapped, "", errMapped},
		{"nil keeps the error: no failure becomes a success", motoretest.New[string, string]().Fail(errInner), toNil, "", errInner},
		{"a success passes f by", motoretest.New[string, string]().Return("ok"), toMapped, "ok", nil},
	} {
		got, err := motore.MapError(c.next, c.f).Call(t.Context(), "q")
		if got != c.want || err != c.err {
			t.Errorf("%s: got %q, %v, want %q, %v", c.what, got, err, c.want, c.err)
		}
	}
}

func ExampleMapRequest() {
	double := motore.ServiceFunc[int, int](func(_ context.Context, n int) (int, error) {
		return 2 * n, nil
	})
	text := motore.MapRequest(double, func(_ context.Context, s string) (int, error) {
		return strconv.Atoi(s)
	})
	fmt.Println(text.Call(context.Background(), "21"))
	// Output: 42 <nil>
}
