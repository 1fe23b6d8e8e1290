// Package accesslog writes a record for each call to a [slog.Logger]: who
// called what, how it ended, how long it took and how big it was.
//
//	volothrift.WithLayers(volothrift.Observe(accesslog.New(accesslog.Config{})))
//
//	level=INFO msg=call role=server service=Stock method=Count peer=10.0.0.7:51034
//	    peer_service=shop outcome=answered duration=1.2ms received=71 sent=38
//
// Calls that went well are of level Info, those that their own side is at
// fault for of level Warn, and those that speak against the instance of level
// Error; see [Level]. Only the former are sampled.
//
// # Order
//
// On a server the log belongs to the outermost layers, so that what others
// refuse is written too. On a client the outer layers see each call, the inner
// ones each attempt.
//
// # Cost
//
// While the logger lets nothing through, a call costs one question to it; one
// that is left out for its level or by the sample, two readings of the clock
// beside. Neither makes the record.
package accesslog

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// Config says what is written. The zero value writes every call to
// [slog.Default].
type Config struct {
	// Logger is written to; nil stands for [slog.Default], as it is when New
	// is called.
	Logger *slog.Logger

	// Level says how much a call matters; nil stands for [Level]. While the
	// logger lets not even level Error through, nothing is measured.
	Level func(end observe.End) slog.Level

	// Every writes one of so many calls that went well; zero and 1 stand for
	// all of them. Calls that failed, and those of at least Slow, are written
	// in any case.
	Every int

	// Slow calls are written at level Warn at least; zero for none.
	Slow time.Duration

	// Attrs, if not nil, returns what else is written of a call.
	Attrs func(ctx context.Context, end observe.End) []slog.Attr
}

// Level is the level of a call: Info if it was answered without an error or
// canceled, Warn if it was rejected or answered by an error, Error if its
// outcome speaks against the instance.
func Level(end observe.End) slog.Level {
	switch {
	case end.Outcome.Faulty():
		return slog.LevelError
	case end.Outcome == rpc.Rejected, end.Outcome == rpc.Answered && end.Err != nil:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// New returns an observer that writes what c says.
func New(c Config) observe.Observer {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Level == nil {
		c.Level = Level
	}
	return &writer{Config: c}
}

type writer struct {
	Config
	good atomic.Uint64 // calls that went well
}

// Begin asks whether anything could be written at all: if errors could not,
// nothing could.
func (w *writer) Begin(ctx context.Context, _ *rpc.Info, _ observe.Request) (context.Context, observe.Ender) {
	if !w.Logger.Enabled(ctx, slog.LevelError) {
		return ctx, nil
	}
	return ctx, w
}

// End writes the record, unless its level or the sample leaves it out.
func (w *writer) End(ctx context.Context, end observe.End) {
	level := w.Level(end)
	slow := w.Slow > 0 && end.Duration >= w.Slow
	if slow {
		level = max(level, slog.LevelWarn)
	}
	if !w.Logger.Enabled(ctx, level) {
		return
	}
	if end.Err == nil && !slow && w.Every > 1 && (w.good.Add(1)-1)%uint64(w.Every) != 0 {
		return
	}
	attrs := append(make([]slog.Attr, 0, 16), slog.String("role", end.Role.String()),
		slog.String("service", end.Service), slog.String("method", end.Method))
	peer := end.Caller
	if end.Role == rpc.Client {
		peer = end.Callee
	}
	if !peer.Address.IsZero() {
		attrs = append(attrs, slog.String("peer", peer.Address.String()))
	}
	if peer.Service != "" {
		attrs = append(attrs, slog.String("peer_service", peer.Service))
	}
	attrs = append(attrs, slog.String("outcome", end.Outcome.String()), slog.Duration("duration", end.Duration))
	if end.Attempt > 0 {
		attrs = append(attrs, slog.Int("attempts", end.Attempt+1))
	}
	if end.Received > 0 {
		attrs = append(attrs, slog.Int("received", end.Received))
	}
	if end.Sent > 0 {
		attrs = append(attrs, slog.Int("sent", end.Sent))
	}
	if end.Err != nil {
		attrs = append(attrs, slog.String("error", end.Err.Error()))
	}
	if w.Attrs != nil {
		attrs = append(attrs, w.Attrs(ctx, end)...)
	}
	w.Logger.LogAttrs(ctx, level, "call", attrs...)
}
