package otel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// Attempts returns an observer that adds an event to the span of the context
// when an attempt ends: which one it was, where it went and how it ended. It
// belongs to the inner layers of a client, below those that retry, hedge and
// balance, and costs next to nothing where no span is recorded.
func Attempts() observe.Observer { return attempts{} }

type attempts struct{}

func (a attempts) Begin(ctx context.Context, _ *rpc.Info, _ observe.Request) (context.Context, observe.Ender) {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, nil
	}
	return ctx, a
}

func (attempts) End(ctx context.Context, end observe.End) {
	attrs := []attribute.KeyValue{
		attemptKey.Int(end.Attempt + 1), outcomeKey.String(end.Outcome.String()),
	}
	attrs = appendAddress(attrs, semconv.ServerAddressKey, semconv.ServerPortKey, end.Callee.Address)
	if end.Err != nil {
		attrs = append(attrs, semconv.ExceptionMessage(text(end.Err.Error())))
	}
	trace.SpanFromContext(ctx).AddEvent("attempt", trace.WithAttributes(attrs...))
}
