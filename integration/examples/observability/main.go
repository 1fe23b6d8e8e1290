// Command observability watches calls of Thrift and of gRPC: one trace from the
// first client to the last server, metrics for Prometheus, an access log, and
// a page to look at. Each is an observer, given to whoever is to be watched.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"slices"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/volo-go/volo/integration/examples/observability/gen/stock/stockthrift"
	"github.com/volo-go/volo/integration/examples/observability/gen/stock/v1"
	"github.com/volo-go/volo/integration/examples/observability/gen/stock/v1/stockv1grpc"
	"github.com/volo-go/volo/motore/accesslog"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/contrib/otel"
	"github.com/volo-go/volo/motore/contrib/prometheus"
	"github.com/volo-go/volo/motore/debugpage"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

func main() {
	serve := flag.String("http", "", "serve the debug page and the metrics at this address, and go on")
	flag.Parse()

	spans := tracetest.NewInMemoryExporter()
	s, err := newShop(spans, slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: steady}))
	if err != nil {
		log.Fatal(err)
	}
	n, err := s.stock.Count(context.Background(), "pencil") // Thrift to the shop, gRPC from there to the shelf
	fmt.Println(n, err)
	if *serve != "" {
		go s.traffic()
		log.Fatal(http.ListenAndServe(*serve, s.handler()))
	}
	s.close() // by then, what servers have to say is said

	// The spans of one trace, outermost first.
	below := map[string]tracetest.SpanStub{}
	for _, span := range spans.GetSpans() {
		below[span.Parent.SpanID().String()] = span
	}
	for span, ok := below["0000000000000000"]; ok; span, ok = below[span.SpanContext.SpanID().String()] {
		fmt.Println(span.SpanKind, span.Name)
	}
}

// steady leaves out of the log what differs from run to run.
func steady(_ []string, a slog.Attr) slog.Attr {
	if slices.Contains([]string{slog.TimeKey, "peer", "duration", "received", "sent"}, a.Key) {
		return slog.Attr{}
	}
	return a
}

// A shop is two servers in one process: the shop, of Thrift, asks the shelf, of
// gRPC.
type shop struct {
	stock    *stockthrift.StockClient
	shelf    *stockv1grpc.StockClient
	page     *debugpage.Page
	registry *client.Registry
	closers  []func() error
}

func newShop(spans sdktrace.SpanExporter, to slog.Handler) (*shop, error) {
	s := &shop{page: debugpage.New(debugpage.Config{Title: "shop", Pprof: "/debug/pprof"}), registry: client.NewRegistry()}

	// The observers. They know nothing of protocols.
	traces := otel.New(otel.Config{
		Tracer: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)),
		Meter:  sdkmetric.NewMeterProvider(),
	})
	calls := prometheus.New(prometheus.Config{})
	access := accesslog.New(accesslog.Config{Logger: slog.New(to)})
	circuits := new(breaker.Circuits)

	// The shelf: a server of gRPC.
	shelf := vologrpc.NewServer(vologrpc.WithLayers(
		vologrpc.Observe(traces), vologrpc.Observe(calls), vologrpc.Observe(access), vologrpc.Observe(s.page)))
	if err := shelf.Register(stockv1grpc.NewStockService(shelfHandler{})); err != nil {
		return nil, err
	}
	shelfAddress, err := s.listen(shelf)
	if err != nil {
		return nil, err
	}
	toShelf, err := vologrpc.NewClient("shelf",
		vologrpc.WithDiscoverer(discovery.Static(shelfAddress)),
		vologrpc.WithOuter(vologrpc.Observe(traces), vologrpc.Observe(calls), vologrpc.Observe(s.page)),
		vologrpc.WithInner(vologrpc.Observe(otel.Attempts()), vologrpc.Breaker(breaker.Config{Circuits: circuits})))
	if err != nil {
		return nil, err
	}
	s.shelf = stockv1grpc.StockOver(toShelf)

	// The shop: a server of Thrift.
	front := volothrift.NewServer(volothrift.WithLayers(
		volothrift.Observe(traces), volothrift.Observe(calls), volothrift.Observe(access), volothrift.Observe(s.page)))
	if err := front.Register(stockthrift.NewStockService(shopHandler{s.shelf})); err != nil {
		return nil, err
	}
	frontAddress, err := s.listen(front)
	if err != nil {
		return nil, err
	}
	toFront, err := volothrift.NewClient(frontAddress.String(),
		volothrift.WithOuter(volothrift.Observe(traces), volothrift.Observe(calls), volothrift.Observe(s.page)))
	if err != nil {
		return nil, err
	}
	s.stock = stockthrift.StockOver(toFront)
	s.closers = append(s.closers, s.stock.Close, s.shelf.Close)

	// What there is to see beside the calls.
	s.page.Server("shop (Thrift)", front)
	s.page.Server("shelf (gRPC)", shelf)
	s.page.Client("to the shop", toFront)
	s.page.Client("to the shelf", toShelf)
	s.page.Breaker("shelf", circuits)
	s.registry.MustRegister(calls,
		prometheus.ServerState("shop", front), prometheus.ServerState("shelf", shelf),
		prometheus.ClientState("shop", toFront), prometheus.ClientState("shelf", toShelf),
		prometheus.BreakerState("shelf", circuits))
	return s, nil
}

// listen serves on a port of the loopback.
func (s *shop) listen(server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}) (rpc.Address, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return rpc.Address{}, err
	}
	go server.Serve(l)
	s.closers = append(s.closers, func() error { return server.Shutdown(context.Background()) })
	return rpc.AddressOf(l.Addr()), nil
}

// handler is what a user mounts where only friends can reach it.
func (s *shop) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/debug/volo", s.page)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("/metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}))
	return mux
}

// traffic makes calls for ever, some of which fail, so that there is something
// to see.
func (s *shop) traffic() {
	for i := 0; ; i++ {
		item := "pencil"
		if i%25 == 0 {
			item = ""
		}
		s.stock.Count(context.Background(), item)
		time.Sleep(time.Duration(10+i%40) * time.Millisecond)
	}
}

func (s *shop) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
}

// A shopHandler implements the service of stock.thrift.
type shopHandler struct{ shelf *stockv1grpc.StockClient }

func (h shopHandler) Count(ctx context.Context, item string) (int64, error) {
	resp, err := h.shelf.Count(ctx, &stockv1.CountRequest{Item: item})
	return resp.GetNumber(), err
}

// A shelfHandler implements the service of stock.proto.
type shelfHandler struct{}

func (shelfHandler) Count(_ context.Context, req *stockv1.CountRequest) (*stockv1.CountResponse, error) {
	if req.Item == "" {
		return nil, vologrpc.Errorf(vologrpc.InvalidArgument, "of what?")
	}
	return &stockv1.CountResponse{Number: 7}, nil
}

func (shelfHandler) Watch(_ context.Context, _ *stockv1.CountRequest, s *vologrpc.Sender[stockv1.CountResponse]) error {
	for n := range int64(3) {
		if err := s.Send(&stockv1.CountResponse{Number: n}); err != nil {
			return err
		}
	}
	return nil
}
