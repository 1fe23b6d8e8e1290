package otel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// A call is what is kept of one until its end.
type call struct {
	o              *observer
	span           trace.Span
	system, method string
	coder          coder // nil of protocols without codes
}

// A coder is a request whose protocol has a code for every end of a call.
type coder interface{ StatusCode(err error) string }

// Keys that the conventions have no name for.
const (
	outcomeKey  = attribute.Key("volo.outcome")
	attemptKey  = attribute.Key("volo.attempt")
	attemptsKey = attribute.Key("volo.attempts")
)

// End ends the span and measures the call.
func (c *call) End(ctx context.Context, end observe.End) {
	attrs := append(make([]attribute.KeyValue, 0, 12),
		semconv.RPCSystemNameKey.String(c.system), semconv.RPCMethod(c.method), outcomeKey.String(end.Outcome.String()))
	if end.Role == rpc.Client {
		attrs = appendAddress(attrs, semconv.ServerAddressKey, semconv.ServerPortKey, end.Callee.Address)
	}
	code := c.codeOf(end.Err)
	if code != "" {
		attrs = append(attrs, semconv.RPCResponseStatusCode(code))
	}
	failed := blame(end)
	if failed {
		attrs = append(attrs, semconv.ErrorTypeKey.String(errorType(end, code)))
	}
	c.measure(ctx, end, attrs)

	if !c.span.IsRecording() {
		c.span.End()
		return
	}
	if end.Role == rpc.Server {
		attrs = appendAddress(attrs, semconv.ClientAddressKey, semconv.ClientPortKey, end.Caller.Address)
	}
	if end.Attempt > 0 {
		attrs = append(attrs, attemptsKey.Int(end.Attempt+1))
	}
	c.span.SetAttributes(attrs...)
	if failed {
		c.span.SetStatus(codes.Error, text(end.Err.Error()))
	}
	c.span.End()
}

func (c *call) measure(ctx context.Context, end observe.End, attrs []attribute.KeyValue) {
	with := c.o.client
	request, response := end.Sent, end.Received
	if end.Role == rpc.Server {
		with = c.o.server
		request, response = response, request
	}
	// Exemplars find the span by the context.
	set := metric.WithAttributeSet(attribute.NewSet(attrs...))
	with.duration.Record(ctx, end.Duration.Seconds(), set)
	if request > 0 {
		with.request.Record(ctx, int64(request), set)
	}
	if response > 0 {
		with.response.Record(ctx, int64(response), set)
	}
}

// blame reports whether the side of the span counts a call as failed.
func blame(end observe.End) bool {
	if end.Err == nil {
		return false
	}
	return end.Role == rpc.Client || end.Outcome.Faulty()
}

// errorType is of few values: the code, the outcome, or the type of a
// handler's error.
func errorType(end observe.End, code string) string {
	switch {
	case code != "":
		return code
	case end.Outcome != rpc.Answered:
		return end.Outcome.String()
	}
	return fmt.Sprintf("%T", end.Err)
}

// codeOf returns the code of a protocol that has one for every end, or of an
// error that has one.
func (c *call) codeOf(err error) string {
	if c.coder != nil {
		return c.coder.StatusCode(err)
	}
	coded, ok := errors.AsType[interface {
		error
		StatusCode() string
	}](err)
	if !ok {
		return ""
	}
	return coded.StatusCode()
}

// appendAddress appends host and port; of a unix socket its path.
func appendAddress(attrs []attribute.KeyValue, address, port attribute.Key, a rpc.Address) []attribute.KeyValue {
	if a.IsZero() {
		return attrs
	}
	_, where := a.Dial()
	host, p, err := net.SplitHostPort(where)
	if err != nil || a.Network() != "tcp" {
		return append(attrs, address.String(where))
	}
	attrs = append(attrs, address.String(host))
	if n, err := strconv.Atoi(p); err == nil {
		attrs = append(attrs, port.Int(n))
	}
	return attrs
}
