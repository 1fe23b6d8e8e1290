package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/volo-go/volo/integration/examples/observability/gen/stock/v1"
	"github.com/volo-go/volo/motore/debugpage"
)

func Example() {
	main()
	// Unordered output:
	// level=INFO msg=call role=server service=stock.v1.Stock method=Count outcome=answered
	// level=INFO msg=call role=server service=Stock method=Count outcome=answered
	// 7 <nil>
	// client Stock/Count
	// server Stock/Count
	// client stock.v1.Stock/Count
	// server stock.v1.Stock/Count
}

func open(t *testing.T) (*shop, *tracetest.InMemoryExporter) {
	spans := tracetest.NewInMemoryExporter()
	s, err := newShop(spans, slog.DiscardHandler)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s, spans
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

func TestOneTraceThroughThriftAndGRPC(t *testing.T) {
	s, spans := open(t)
	if _, err := s.stock.Count(t.Context(), ""); err == nil {
		t.Fatal("got an answer for no item")
	}
	eventually(t, "not all spans have ended", func() bool { return len(spans.GetSpans()) == 4 })
	byID := map[string]tracetest.SpanStub{}
	for _, span := range spans.GetSpans() {
		byID[span.SpanContext.SpanID().String()] = span
		if span.SpanContext.TraceID() != spans.GetSpans()[0].SpanContext.TraceID() {
			t.Errorf("%s is of another trace", span.Name)
		}
	}
	for _, span := range spans.GetSpans() {
		if span.Name != "stock.v1.Stock/Count" || span.SpanKind.String() != "server" {
			continue
		}
		path := ""
		for ok := true; ok; span, ok = byID[span.Parent.SpanID().String()] {
			path = "/" + span.SpanKind.String() + path
		}
		if path != "/client/server/client/server" {
			t.Errorf("the way to the shelf is %s, want client and server twice", path)
		}
	}
	for _, span := range spans.GetSpans() {
		if want := span.SpanKind.String() == "client"; (span.Status.Code == codes.Error) != want {
			t.Errorf("%v %s: status %v; the caller is at fault, so clients' spans have failed and servers' not", span.SpanKind, span.Name, span.Status.Code)
		}
	}
}

// A stream is watched until its end, however that comes.
func TestStreamsEndAtTheirEnd(t *testing.T) {
	for _, test := range []struct {
		name   string
		finish func(recv func() error, cancel func()) error
		want   codes.Code
	}{
		{"all is received", func(recv func() error, _ func()) error {
			for {
				if err := recv(); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
			}
		}, codes.Unset},
		{"the context is over", func(recv func() error, cancel func()) error { cancel(); return nil }, codes.Error},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, spans := open(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := s.shelf.Watch(ctx, &stockv1.CountRequest{Item: "pencil"})
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			if n := clients(spans); len(n) != 0 {
				t.Fatalf("the span of a stream that is open has ended: %+v", n)
			}
			if err := test.finish(func() error { _, err := stream.Recv(); return err }, cancel); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the stream's span has not ended", func() bool { return len(clients(spans)) == 1 })
			if got := clients(spans)[0].Status.Code; got != test.want {
				t.Errorf("status %v, want %v", got, test.want)
			}
		})
	}
}

func clients(spans *tracetest.InMemoryExporter) (ended []tracetest.SpanStub) {
	for _, s := range spans.GetSpans() {
		if s.SpanKind.String() == "client" {
			ended = append(ended, s)
		}
	}
	return ended
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", url, resp.Status, err, b)
	}
	return string(b)
}

func TestWhatPrometheusScrapes(t *testing.T) {
	s, _ := open(t)
	server := httptest.NewServer(s.handler())
	defer server.Close()
	s.stock.Count(t.Context(), "pencil")
	want := []string{
		`volo_calls_total{method="Count",outcome="answered",role="client",service="Stock",system="thrift"} 1`,
		`volo_calls_total{method="Count",outcome="answered",role="server",service="Stock",system="thrift"} 1`,
		`volo_calls_total{method="Count",outcome="answered",role="client",service="stock.v1.Stock",system="grpc"} 1`,
		`volo_calls_total{method="Count",outcome="answered",role="server",service="stock.v1.Stock",system="grpc"} 1`,
		`volo_calls_in_flight{method="Count",role="server",service="Stock",system="thrift"} 0`,
		`volo_call_sent_bytes_count{method="Count",role="server",service="stock.v1.Stock",system="grpc"} 1`,
		`volo_call_received_bytes_count{method="Count",role="client",service="Stock",system="thrift"} 1`,
		`volo_server_connections{server="shop"} 1`,
		`volo_server_connections{server="shelf"} 1`,
		`volo_client_peers{client="shop",state="ready"} 1`,
		`volo_client_connections{client="shelf"} 1`,
		`volo_client_instances{client="shelf",service="shelf"} 1`,
		`volo_breaker_circuits{breaker="shelf",state="closed"} 1`,
	}
	missing := func() (lines []string) {
		got := get(t, server.URL+"/metrics")
		for _, line := range want {
			if !strings.Contains(got, "\n"+line+"\n") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	// Servers count a call after they have answered it.
	for end := time.Now().Add(10 * time.Second); len(missing()) > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if lines := missing(); len(lines) > 0 {
		t.Errorf("missing:\n%s\nin\n%s", strings.Join(lines, "\n"), get(t, server.URL+"/metrics"))
	}
}

func TestWhatThePageKnows(t *testing.T) {
	s, _ := open(t)
	server := httptest.NewServer(s.handler())
	defer server.Close()
	s.stock.Count(t.Context(), "pencil")
	s.stock.Count(t.Context(), "")
	var p debugpage.Snapshot
	eventually(t, "the servers' calls have not ended", func() bool {
		p = debugpage.Snapshot{}
		if err := json.Unmarshal([]byte(get(t, server.URL+"/debug/volo?format=json")), &p); err != nil {
			t.Fatal(err)
		}
		return p.Running == 0
	})
	if len(p.Methods) != 4 || p.Methods[0].Calls != 2 || p.Methods[0].Errors != 1 {
		t.Errorf("methods: %+v, want four, of two calls and one error each", p.Methods)
	}
	if len(p.Failed) != 4 {
		t.Errorf("%d failed calls, want one on each side of both", len(p.Failed))
	}
	if len(p.Servers) != 2 || p.Servers[0].Conns != 1 || p.Servers[0].MaxConns == 0 {
		t.Errorf("servers: %+v, want two with one connection each", p.Servers)
	}
	for i, services := range []int{0, 1} {
		c := p.Clients[i]
		if len(c.Peers) != 1 || c.Peers[0].State != "ready" || c.Peers[0].Connections != 1 || len(c.Services) != services {
			t.Errorf("client: %+v, want one peer that is ready, and %d services", c, services)
		}
	}
	if len(p.Breakers) != 1 || p.Breakers[0].Closed != 1 {
		t.Errorf("breakers: %+v, want one with a closed circuit", p.Breakers)
	}
}
