//go:build !race

package accesslog_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/accesslog"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// A call that nothing is written of allocates nothing, whichever of the
// reasons there is.
func TestACallThatIsLeftOutAllocatesNothing(t *testing.T) {
	ctx := rpc.NewContext(context.Background(), &rpc.Info{Role: rpc.Client})
	next := motore.ServiceFunc[string, string](func(context.Context, string) (string, error) { return "", nil })
	for _, test := range []struct {
		name   string
		config accesslog.Config
	}{
		{"no level", accesslog.Config{Logger: slog.New(slog.DiscardHandler)}},
		{"the level of errors", accesslog.Config{Logger: text(new(bytes.Buffer), slog.LevelError)}},
		{"the sample", accesslog.Config{Logger: text(new(bytes.Buffer), slog.LevelInfo), Every: 1 << 30}},
	} {
		t.Run(test.name, func(t *testing.T) {
			service := observe.New[string, string](accesslog.New(test.config))(next)
			service.Call(ctx, "") // the one of the sample that is written
			if n := testing.AllocsPerRun(100, func() { service.Call(ctx, "") }); n != 0 {
				t.Errorf("%v allocations, want none", n)
			}
		})
	}
}
