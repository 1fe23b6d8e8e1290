package otel_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/contrib/otel"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// A request carries what is sent beside the call.
type request struct {
	system  string
	headers map[string]string
}

func (r *request) System() string                              { return r.system }
func (r *request) Header(_ context.Context, key string) string { return r.headers[key] }

func (r *request) SetHeader(ctx context.Context, key, value string) context.Context {
	if r.headers == nil {
		r.headers = map[string]string{}
	}
	r.headers[key] = value
	return ctx
}

// A codeRequest is one of a protocol that has a code for every end.
type codeRequest struct{ request }

func (*codeRequest) StatusCode(err error) string {
	if err == nil {
		return "OK"
	}
	return "UNAVAILABLE"
}

func requestOf(system string) observe.Request {
	if system == "grpc" {
		return &codeRequest{request{system: system}}
	}
	return &request{system: system}
}

// A watch is the observer and what has become of the calls that it watched.
type watch struct {
	observe.Observer
	spans  *tracetest.SpanRecorder
	reader *sdkmetric.ManualReader
}

func newWatch(t *testing.T) *watch {
	w := &watch{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	traces := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans))
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader))
	t.Cleanup(func() {
		traces.Shutdown(context.Background())
		metrics.Shutdown(context.Background())
	})
	w.Observer = otel.New(otel.Config{Tracer: traces, Meter: metrics})
	return w
}

func (w *watch) call(info rpc.Info, req observe.Request, next motore.ServiceFunc[observe.Request, string]) {
	s := observe.New[observe.Request, string](w)(next)
	s.Call(rpc.NewContext(context.Background(), &info), req)
}

func fails(err error) motore.ServiceFunc[observe.Request, string] {
	return func(context.Context, observe.Request) (string, error) { return "", err }
}

// coded is an error as gRPC's.
type coded struct{ outcome rpc.Outcome }

func (coded) Error() string          { return "coded" }
func (coded) StatusCode() string     { return "UNAVAILABLE" }
func (c coded) Outcome() rpc.Outcome { return c.outcome }

func TestSpan(t *testing.T) {
	client := rpc.Info{
		Role: rpc.Client, Service: "Shop", Method: "Buy",
		Callee: rpc.Endpoint{Address: rpc.TCP("10.0.0.7:88")},
	}
	retried := client
	retried.Attempt = 1
	retried.Callee.Address = rpc.Unix("/run/shop")
	server := rpc.Info{
		Role: rpc.Server, Service: "Shop", Method: "Buy",
		Caller: rpc.Endpoint{Address: rpc.TCP("[::1]:5")},
	}
	soldOut := errors.New("sold out")
	for _, test := range []struct {
		name   string
		info   rpc.Info
		system string
		err    error
		kind   trace.SpanKind
		status codes.Code
		attrs  map[string]string
	}{
		{"a call that went well", client, "thrift", nil, trace.SpanKindClient, codes.Unset,
			map[string]string{"volo.outcome": "answered", "server.address": "10.0.0.7", "server.port": "88"}},
		{"one of gRPC has a code", client, "grpc", nil, trace.SpanKindClient, codes.Unset,
			map[string]string{"volo.outcome": "answered", "server.address": "10.0.0.7", "server.port": "88", "rpc.response.status_code": "OK"}},
		{"a second attempt, over a unix socket", retried, "thrift", nil, trace.SpanKindClient, codes.Unset,
			map[string]string{"volo.outcome": "answered", "server.address": "/run/shop", "volo.attempts": "2"}},
		{"an error of the handler, for its caller", client, "thrift", soldOut, trace.SpanKindClient, codes.Error,
			map[string]string{"volo.outcome": "answered", "server.address": "10.0.0.7", "server.port": "88", "error.type": "*errors.errorString"}},
		{"the same on the server, which has done its work", server, "thrift", soldOut, trace.SpanKindServer, codes.Unset,
			map[string]string{"volo.outcome": "answered", "client.address": "::1", "client.port": "5"}},
		{"a lost call", client, "thrift", context.DeadlineExceeded, trace.SpanKindClient, codes.Error,
			map[string]string{"volo.outcome": "lost", "server.address": "10.0.0.7", "server.port": "88", "error.type": "lost"}},
		{"a server that could not", server, "grpc", coded{rpc.Failed}, trace.SpanKindServer, codes.Error,
			map[string]string{"volo.outcome": "failed", "client.address": "::1", "client.port": "5", "error.type": "UNAVAILABLE", "rpc.response.status_code": "UNAVAILABLE"}},
		{"an error that is no status has a code in gRPC, too", server, "grpc", soldOut, trace.SpanKindServer, codes.Unset,
			map[string]string{"volo.outcome": "answered", "client.address": "::1", "client.port": "5", "rpc.response.status_code": "UNAVAILABLE"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWatch(t)
			w.call(test.info, requestOf(test.system), fails(test.err))
			ended := w.spans.Ended()
			if len(ended) != 1 {
				t.Fatalf("%d spans, want 1", len(ended))
			}
			s := ended[0]
			test.attrs["rpc.system.name"], test.attrs["rpc.method"] = test.system, "Shop/Buy"
			if got := texts(s.Attributes()); !maps.Equal(got, test.attrs) {
				t.Errorf("attributes\ngot  %v\nwant %v", got, test.attrs)
			}
			if s.Name() != "Shop/Buy" || s.SpanKind() != test.kind || s.Status().Code != test.status {
				t.Errorf("got %s, %v, %v; want Shop/Buy, %v, %v", s.Name(), s.SpanKind(), s.Status().Code, test.kind, test.status)
			}
		})
	}
}

// Names and texts of peers are whatever they please.
func TestWhatPeersChoose(t *testing.T) {
	w := newWatch(t)
	w.call(rpc.Info{Role: rpc.Server, Service: "No", Method: "Such\xff", Unknown: true}, requestOf("grpc"), fails(nil))
	w.call(rpc.Info{Role: rpc.Client, Service: "Shop", Method: "Buy"}, requestOf("thrift"), fails(errors.New("torn \xff")))
	spans := w.spans.Ended()
	if got := texts(spans[0].Attributes()); spans[0].Name() != "grpc" || got["rpc.method"] != "_OTHER" || got["rpc.method_original"] != "No/Such\uFFFD" {
		t.Errorf("an unknown method: got %s, %v", spans[0].Name(), got)
	}
	if got := spans[1].Status().Description; got != "torn \uFFFD" {
		t.Errorf("got %q, want valid UTF-8", got)
	}
}

func texts(attrs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range attrs {
		m[string(a.Key)] = a.Value.Emit()
	}
	return m
}

func TestOneTraceGoesOnInTheNextProcess(t *testing.T) {
	w := newWatch(t)
	req := &request{system: "thrift"}
	w.call(rpc.Info{Role: rpc.Client, Method: "Near"}, req, func(context.Context, observe.Request) (string, error) {
		w.call(rpc.Info{Role: rpc.Server, Method: "Far"}, &request{headers: maps.Clone(req.headers)}, fails(nil))
		return "", nil
	})
	ended := w.spans.Ended()
	if len(ended) != 2 {
		t.Fatalf("%d spans, want 2", len(ended))
	}
	far, near := ended[0], ended[1]
	if far.SpanContext().TraceID() != near.SpanContext().TraceID() || far.Parent().SpanID() != near.SpanContext().SpanID() {
		t.Errorf("the far span %v is below %v, want it below %v", far.SpanContext(), far.Parent(), near.SpanContext())
	}
	if !far.Parent().IsRemote() {
		t.Error("the parent of the far span is not remote")
	}
	if got := req.headers["traceparent"]; got != fmt.Sprintf("00-%s-%s-01", near.SpanContext().TraceID(), near.SpanContext().SpanID()) {
		t.Errorf("traceparent: got %q, want W3C's form of the near span", got)
	}
}

func TestAttemptsAreEvents(t *testing.T) {
	w := newWatch(t)
	inner := observe.New[observe.Request, string](otel.Attempts())
	w.call(rpc.Info{Role: rpc.Client}, &request{}, func(ctx context.Context, req observe.Request) (string, error) {
		info := rpc.FromContext(ctx)
		info.Callee.Address = rpc.TCP("a:1")
		inner(fails(coded{rpc.Unsent})).Call(ctx, req)
		info.Attempt, info.Callee.Address = 1, rpc.TCP("b:2")
		return inner(fails(nil)).Call(ctx, req)
	})
	events := w.spans.Ended()[0].Events()
	want := []map[string]string{
		{"volo.attempt": "1", "volo.outcome": "unsent", "server.address": "a", "server.port": "1", "exception.message": "coded"},
		{"volo.attempt": "2", "volo.outcome": "answered", "server.address": "b", "server.port": "2"},
	}
	if len(events) != len(want) {
		t.Fatalf("%d events, want %d", len(events), len(want))
	}
	for i, e := range events {
		if got := texts(e.Attributes); e.Name != "attempt" || !maps.Equal(got, want[i]) {
			t.Errorf("event %d: got %s %v, want attempt %v", i, e.Name, got, want[i])
		}
	}
}

func TestMetrics(t *testing.T) {
	w := newWatch(t)
	for _, role := range []rpc.Role{rpc.Client, rpc.Server} {
		w.call(rpc.Info{Role: role, Service: "Shop", Method: "Buy", Stats: rpc.Stats{SentBytes: 7, ReceivedBytes: 9}},
			&request{system: "grpc"}, fails(coded{rpc.Failed}))
	}
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Histogram[float64]:
			p := data.DataPoints[0]
			got[m.Name] = fmt.Sprint(m.Unit, " ", p.Count, " ", keys(p.Attributes))
		case metricdata.Histogram[int64]:
			got[m.Name] = fmt.Sprint(m.Unit, " ", data.DataPoints[0].Sum)
		}
	}
	const labels = "[error.type rpc.method rpc.response.status_code rpc.system.name volo.outcome]"
	want := map[string]string{
		"rpc.client.call.duration": "s 1 " + labels, "rpc.server.call.duration": "s 1 " + labels,
		"rpc.client.request.size": "By 7", "rpc.client.response.size": "By 9",
		"rpc.server.request.size": "By 9", "rpc.server.response.size": "By 7",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if s := all.ScopeMetrics[0].Scope.SchemaURL; s != otel.SchemaURL {
		t.Errorf("schema %q, want %q", s, otel.SchemaURL)
	}
}

func keys(s attribute.Set) (names []string) {
	for _, a := range s.ToSlice() {
		names = append(names, string(a.Key))
	}
	slices.Sort(names)
	return names
}

func TestWithoutSpansAttemptsAreNotWatched(t *testing.T) {
	o := otel.Attempts()
	if _, ender := o.Begin(context.Background(), &rpc.Info{}, nil); ender != nil {
		t.Error("somebody waits for the end of an attempt that no span tells of")
	}
}

func ExampleNew() {
	spans := tracetest.NewInMemoryExporter()
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	watch := otel.New(otel.Config{Tracer: traces, Meter: metricnoop.NewMeterProvider()})

	// volothrift.WithOuter(volothrift.Observe(watch)), or of vologrpc; here, any service:
	s := observe.New[string, string](watch)(motore.ServiceFunc[string, string](
		func(context.Context, string) (string, error) { return "", context.DeadlineExceeded }))
	s.Call(rpc.NewContext(context.Background(), &rpc.Info{Role: rpc.Client, Service: "Stock", Method: "Count"}), "pencil")

	for _, span := range spans.GetSpans() {
		fmt.Println(span.Name, span.SpanKind, span.Status.Code, span.Status.Description)
	}
	// Output: Stock/Count client Error context deadline exceeded
}
