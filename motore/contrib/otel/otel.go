// Package otel tells OpenTelemetry of calls: traces that go on from process to
// process, over Thrift and gRPC alike, and metrics.
//
//	watch := otel.New(otel.Config{}) // the global providers
//
//	volothrift.NewServer(volothrift.WithLayers(volothrift.Observe(watch)))
//	volothrift.NewClient(target,
//		volothrift.WithOuter(volothrift.Observe(watch)),           // a span for the call
//		volothrift.WithInner(volothrift.Observe(otel.Attempts()))) // an event in it for each attempt
//
// vologrpc has the same functions.
//
// # Traces
//
// Each call has a span on either side, named as its method. What the
// propagator injects, by default W3C's traceparent, tracestate and baggage,
// travels as transient metadata in Thrift, where Kitex's contribution for
// OpenTelemetry has it too, and as metadata in gRPC. Dialects of Thrift without
// a header carry none of it, and a server then begins a trace of its own.
//
// The span ends with the call, that of a stream with the stream; see package
// observe. Its status is Error on a client for each call that failed, and on a
// server for those whose outcome is the server's fault: the conventions do not
// blame a server for what its callers do.
//
// # Metrics
//
//	rpc.client.call.duration, rpc.server.call.duration              s
//	rpc.client.request.size, rpc.server.request.size                By
//	rpc.client.response.size, rpc.server.response.size              By
//
// The durations and all attributes are those of the semantic conventions in
// the version of [SchemaURL]. The sizes, which the conventions no longer have,
// are of the message on the wire; those of a client's streams are unknown and
// not recorded.
//
// # Attributes
//
//	rpc.system.name           "thrift", "grpc"
//	rpc.method                Service/Method; "_OTHER" of one that the server does not have
//	rpc.method_original       the latter's name, in spans
//	server.address, .port     on a client, of the instance that was called last
//	client.address, .port     on a server, in spans
//	rpc.response.status_code  in gRPC, and of errors that have a StatusCode
//	error.type                the code; without one the outcome; of a handler's
//	                          own error its type
//	volo.outcome              the outcome; see [rpc.Outcome]
//	volo.attempts             in spans, if there were several
package otel

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/rpcconv"
	"go.opentelemetry.io/otel/trace"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// SchemaURL says which version of the semantic conventions is kept.
const SchemaURL = semconv.SchemaURL

// scope names the instrumentation in what it records.
const scope = "github.com/volo-go/volo/motore/contrib/otel"

// Config says where traces and metrics go. Nil members stand for the global
// ones of package otel, as they are when New is called; noop providers turn
// either off.
type Config struct {
	Tracer     trace.TracerProvider
	Meter      metric.MeterProvider
	Propagator propagation.TextMapPropagator
}

// An observer makes spans and measures.
type observer struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator

	client, server instruments
}

type instruments struct {
	duration          metric.Float64Histogram
	request, response metric.Int64Histogram
}

// New returns an observer for clients, whose outer layers it belongs to, and
// for servers. Instruments that the meter refuses go to the error handler of
// package otel, and are left out.
func New(c Config) observe.Observer {
	if c.Tracer == nil {
		c.Tracer = otel.GetTracerProvider()
	}
	if c.Meter == nil {
		c.Meter = otel.GetMeterProvider()
	}
	if c.Propagator == nil {
		c.Propagator = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	}
	o := &observer{
		tracer:     c.Tracer.Tracer(scope, trace.WithSchemaURL(SchemaURL)),
		propagator: c.Propagator,
	}
	m := c.Meter.Meter(scope, metric.WithSchemaURL(SchemaURL))
	client, err := rpcconv.NewClientCallDuration(m)
	handle(err)
	server, err := rpcconv.NewServerCallDuration(m)
	handle(err)
	o.client = instruments{client.Inst(), size(m, "rpc.client.request.size"), size(m, "rpc.client.response.size")}
	o.server = instruments{server.Inst(), size(m, "rpc.server.request.size"), size(m, "rpc.server.response.size")}
	return o
}

func size(m metric.Meter, name string) metric.Int64Histogram {
	h, err := m.Int64Histogram(name, metric.WithUnit("By"), metric.WithDescription("Size of a call's messages on the wire, one way."))
	handle(err)
	return h
}

func handle(err error) {
	if err != nil {
		otel.Handle(err)
	}
}

// Begin starts the call's span: below the one that its caller has sent, or
// that the context has.
func (o *observer) Begin(ctx context.Context, info *rpc.Info, req observe.Request) (context.Context, observe.Ender) {
	c := &call{o: o, system: req.System(), method: info.Service + "/" + info.Method}
	c.coder, _ = req.(coder)
	name, attrs := c.method, make([]attribute.KeyValue, 0, 3)
	if info.Unknown {
		// The conventions have it so: the caller could make up any number of names.
		attrs = append(attrs, semconv.RPCMethodOriginal(text(c.method)))
		name, c.method = c.system, "_OTHER"
	}
	attrs = append(attrs, semconv.RPCSystemNameKey.String(c.system), semconv.RPCMethod(c.method))
	carrier := &carrier{ctx, req}
	kind := trace.SpanKindClient
	if info.Role == rpc.Server {
		kind = trace.SpanKindServer
		ctx = o.propagator.Extract(ctx, carrier)
	}
	ctx, c.span = o.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
	if info.Role == rpc.Client {
		carrier.ctx = ctx
		o.propagator.Inject(ctx, carrier)
		ctx = carrier.ctx
	}
	return ctx, c
}

// text makes valid UTF-8 of what a peer has sent: one string that is not so, and
// exporters of OTLP lose the whole batch.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// A carrier is a request as propagators see it.
type carrier struct {
	ctx context.Context
	req observe.Request
}

func (c *carrier) Get(key string) string { return c.req.Header(c.ctx, key) }

func (c *carrier) Set(key, value string) { c.ctx = c.req.SetHeader(c.ctx, key, value) }

// Keys returns none: no propagator of OpenTelemetry's needs them.
func (c *carrier) Keys() []string { return nil }
