package volothrift_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	volothrift "github.com/volo-go/volo/volo-thrift"
)

// An answer over the client's limit fails its own call; the others on the
// connection go on, and the connection stays.
func TestOversizedAnswersHarmNobodyElse(t *testing.T) {
	release := make(chan struct{})
	began := make(chan struct{})
	h := handler{get: func(_ context.Context, key string) (string, error) {
		switch key {
		case "long":
			return strings.Repeat("v", 100<<10), nil
		case "slow":
			close(began)
			<-release
		}
		return key, nil
	}}
	c := dial(t, serve(t, h, volothrift.WithMaxConns(1)), volothrift.WithMaxMessageSize(2000))
	slow := make(chan error)
	go func() {
		_, err := c.Get(t.Context(), "slow")
		slow <- err
	}()
	<-began
	for range 3 {
		_, err := c.Get(t.Context(), "long")
		var limit *volothrift.LimitError
		if !errors.As(err, &limit) || limit.Limit != 2000 || limit.Got < 100<<10 {
			t.Fatalf("got %v; want a limit error", err)
		}
		mustGet(t, c, "short")
	}
	close(release)
	if err := <-slow; err != nil {
		t.Errorf("the call beside it: got %v, want none", err)
	}
}
