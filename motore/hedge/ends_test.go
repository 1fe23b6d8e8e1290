package hedge_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/hedge"
	"github.com/volo-go/volo/motore/rpc"
)

func TestGoexitOfAnAttemptIsTheCallers(t *testing.T) {
	s := hedge.New[string, string](hedge.Config{Delay: time.Hour}, split, nil)(motore.ServiceFunc[string, string](
		func(context.Context, string) (string, error) {
			runtime.Goexit()
			return "", nil
		}))
	var wg sync.WaitGroup
	wg.Go(func() {
		got, err := s.Call(rpc.NewContext(t.Context(), &rpc.Info{Idempotent: true}), "q")
		t.Errorf("got %q, %v, want no return", got, err)
	})
	wg.Wait()
}
