package accesslog_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/accesslog"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// lost is an error whose end is unknown.
var lost = context.DeadlineExceeded

func text(b *bytes.Buffer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: level, ReplaceAttr: untimed}))
}

// untimed leaves out what differs from run to run.
func untimed(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func write(c accesslog.Config, ends ...observe.End) {
	o := accesslog.New(c)
	for _, end := range ends {
		if _, ender := o.Begin(context.Background(), &rpc.Info{}, nil); ender != nil {
			ender.End(context.Background(), end)
		}
	}
}

func TestRecord(t *testing.T) {
	shop := rpc.Endpoint{Service: "shop", Address: rpc.TCP("10.0.0.7:5")}
	for _, test := range []struct {
		name string
		end  observe.End
		want string
	}{
		{"a server names its caller",
			observe.End{Role: rpc.Server, Service: "Stock", Method: "Count", Caller: shop, Duration: time.Millisecond, Received: 71, Sent: 38},
			"level=INFO msg=call role=server service=Stock method=Count peer=10.0.0.7:5 peer_service=shop outcome=answered duration=1ms received=71 sent=38"},
		{"a client names the instance, and how many it has asked",
			observe.End{Role: rpc.Client, Service: "Stock", Method: "Count", Callee: shop, Attempt: 2},
			"level=INFO msg=call role=client service=Stock method=Count peer=10.0.0.7:5 peer_service=shop outcome=answered duration=0s attempts=3"},
		{"an error is an answer that somebody should see",
			observe.End{Role: rpc.Client, Err: errors.New("sold out")},
			`level=WARN msg=call role=client service="" method="" outcome=answered duration=0s error="sold out"`},
		{"an outcome that speaks against the instance is an error",
			observe.End{Role: rpc.Client, Err: lost, Outcome: rpc.Lost},
			`level=ERROR msg=call role=client service="" method="" outcome=lost duration=0s error="context deadline exceeded"`},
		{"a rejected call is its own fault",
			observe.End{Role: rpc.Server, Err: lost, Outcome: rpc.Rejected},
			`level=WARN msg=call role=server service="" method="" outcome=rejected duration=0s error="context deadline exceeded"`},
		{"nobody is to blame for a caller that gave up",
			observe.End{Role: rpc.Server, Err: context.Canceled, Outcome: rpc.Canceled},
			`level=INFO msg=call role=server service="" method="" outcome=canceled duration=0s error="context canceled"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			write(accesslog.Config{Logger: text(&b, slog.LevelInfo)}, test.end)
			if got := strings.TrimSpace(b.String()); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	good, bad := observe.End{Duration: 1}, observe.End{Outcome: rpc.Lost, Err: lost}
	slow := observe.End{Duration: time.Second}
	for _, test := range []struct {
		name   string
		config accesslog.Config
		level  slog.Level
		ends   []observe.End
		want   int
	}{
		{"nothing at first", accesslog.Config{}, slog.LevelInfo, []observe.End{good, good, bad}, 3},
		{"what the level of the logger is above", accesslog.Config{}, slog.LevelError, []observe.End{good, bad}, 1},
		{"two of three good calls", accesslog.Config{Every: 3}, slog.LevelInfo, []observe.End{good, good, good, good}, 2},
		{"no failed one", accesslog.Config{Every: 3}, slog.LevelInfo, []observe.End{good, bad, bad}, 3},
		{"no slow one", accesslog.Config{Every: 3, Slow: time.Second}, slog.LevelInfo, []observe.End{good, slow, slow}, 3},
		{"no slow one at level Warn", accesslog.Config{Slow: time.Second}, slog.LevelWarn, []observe.End{good, slow}, 1},
		{"all but slow ones at level Warn", accesslog.Config{Slow: time.Second + 1}, slog.LevelWarn, []observe.End{good, slow}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			test.config.Logger = text(&b, test.level)
			write(test.config, test.ends...)
			if got := strings.Count(b.String(), "\n"); got != test.want {
				t.Errorf("got %d records, want %d:\n%s", got, test.want, b.String())
			}
		})
	}
}

func TestConfigDecides(t *testing.T) {
	var b bytes.Buffer
	write(accesslog.Config{
		Logger: text(&b, slog.LevelDebug),
		Level:  func(observe.End) slog.Level { return slog.LevelDebug },
		Attrs: func(_ context.Context, end observe.End) []slog.Attr {
			return []slog.Attr{slog.Bool("cheap", end.Duration < 5)}
		},
	}, observe.End{Role: rpc.Client})
	const want = "level=DEBUG msg=call role=client service=\"\" method=\"\" outcome=answered duration=0s cheap=true\n"
	if got := b.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func Example() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
		if a.Key == "duration" {
			return slog.Attr{} // differs from run to run
		}
		return untimed(g, a)
	}}))
	log := accesslog.New(accesslog.Config{
		Logger: logger,
		Every:  100, // of the calls that went well
		Slow:   200 * time.Millisecond,
	})
	// volothrift.WithLayers(volothrift.Observe(log)), or of vologrpc; here, any service:
	service := observe.New[string, string](log)(motore.ServiceFunc[string, string](
		func(context.Context, string) (string, error) { return "", lost }))
	info := &rpc.Info{Role: rpc.Client, Service: "Stock", Method: "Count"}
	service.Call(rpc.NewContext(context.Background(), info), "pencil")
	// Output: level=ERROR msg=call role=client service=Stock method=Count outcome=lost error="context deadline exceeded"
}
