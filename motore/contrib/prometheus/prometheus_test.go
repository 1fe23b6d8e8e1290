package prometheus_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/contrib/prometheus"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// scrape returns the lines that a server of Prometheus would get.
func scrape(t *testing.T, collectors ...client.Collector) string {
	t.Helper()
	registry := client.NewPedanticRegistry()
	registry.MustRegister(collectors...)
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v:\n%s", resp.StatusCode, err, body)
	}
	return string(body)
}

// has checks that lines are among those that were scraped.
func has(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains("\n"+got, "\n"+w+"\n") {
			t.Errorf("no line %s in\n%s", w, got)
		}
	}
}

// a service fails as its request says.
var service = motore.ServiceFunc[error, string](func(_ context.Context, err error) (string, error) { return "", err })

func in(info rpc.Info) context.Context { return rpc.NewContext(context.Background(), &info) }

func TestCallsAreCountedByOutcome(t *testing.T) {
	calls := prometheus.New(prometheus.Config{Labels: map[string]string{"zone": "a"}})
	s := observe.New[error, string](calls)(service)
	ctx := in(rpc.Info{Role: rpc.Client, Service: "Shop", Method: "Buy", Stats: rpc.Stats{SentBytes: 64, ReceivedBytes: 65}})
	for _, err := range []error{nil, nil, errors.New("sold out"), context.Canceled, context.DeadlineExceeded} {
		s.Call(ctx, err)
	}
	const labels = `method="Buy",role="client",service="Shop",system="",zone="a"`
	const ended = `method="Buy",outcome="`
	has(t, scrape(t, calls),
		`volo_calls_total{`+ended+`answered",role="client",service="Shop",system="",zone="a"} 3`,
		`volo_calls_total{`+ended+`canceled",role="client",service="Shop",system="",zone="a"} 1`,
		`volo_calls_total{`+ended+`lost",role="client",service="Shop",system="",zone="a"} 1`,
		`volo_calls_total{`+ended+`failed",role="client",service="Shop",system="",zone="a"} 0`,
		`volo_calls_in_flight{`+labels+`} 0`,
		`volo_call_duration_seconds_count{`+labels+`} 5`,
		`volo_call_sent_bytes_bucket{`+labels+`,le="64"} 5`,
		`volo_call_received_bytes_bucket{`+labels+`,le="64"} 0`,
		`volo_call_received_bytes_sum{`+labels+`} 325`)
}

func TestCallsInFlight(t *testing.T) {
	calls := prometheus.New(prometheus.Config{})
	var during string
	s := observe.New[string, string](calls)(motore.ServiceFunc[string, string](func(context.Context, string) (string, error) {
		during = scrape(t, calls)
		return "", nil
	}))
	s.Call(in(rpc.Info{Role: rpc.Server, Service: "Shop", Method: "Buy"}), "")
	has(t, during, `volo_calls_in_flight{method="Buy",role="server",service="Shop",system=""} 1`)
}

// Whoever calls methods with names of their own does not fill our memory.
func TestMethodsBeyondTheLimitAreOneSeries(t *testing.T) {
	calls := prometheus.New(prometheus.Config{})
	s := observe.New[error, string](calls)(service)
	for i := range prometheus.MaxMethods + 2 {
		s.Call(in(rpc.Info{Role: rpc.Server, Service: "Shop", Method: "M" + strconv.Itoa(i), Unknown: true}), nil)
	}
	s.Call(in(rpc.Info{Role: rpc.Server, Service: "Shop", Method: "Buy"}), nil)
	got := scrape(t, calls)
	has(t, got,
		`volo_calls_in_flight{method="Buy",role="server",service="Shop",system=""} 0`,
		`volo_calls_in_flight{method="M`+strconv.Itoa(prometheus.MaxMethods-1)+`",role="server",service="Shop",system=""} 0`,
		`volo_calls_total{method="_OTHER",outcome="answered",role="server",service="_OTHER",system=""} 2`)
	if want := prometheus.MaxMethods + 2; strings.Count(got, "\nvolo_calls_in_flight{") != want {
		t.Errorf("got %d series, want %d", strings.Count(got, "\nvolo_calls_in_flight{"), want)
	}
}

func TestNamesOfPeersAreMadeText(t *testing.T) {
	calls := prometheus.New(prometheus.Config{})
	s := observe.New[error, string](calls)(service)
	s.Call(in(rpc.Info{Role: rpc.Server, Service: "Sh\xffop", Method: "\xfe"}), nil)
	has(t, scrape(t, calls), `volo_calls_in_flight{method="_",role="server",service="Sh_op",system=""} 0`)
}

// A process is a client and a server that say what they are told.
type process struct{}

func (process) Load() observe.Load {
	return observe.Load{Conns: 2, MaxConns: 10, Calls: 3, MaxCalls: 20}
}

func (process) Peers() []observe.Peer {
	return []observe.Peer{{State: "ready", Connections: 2}, {State: "ready", Connections: 1}, {State: "failing"}}
}

func (process) Balancing() []loadbalance.ServiceState {
	gone := loadbalance.State{Instance: discovery.Instance{}, EjectedUntil: time.Now().Add(time.Hour)}
	return []loadbalance.ServiceState{{Service: "stock", Instances: []loadbalance.State{{Outstanding: 4}, gone}}}
}

func TestState(t *testing.T) {
	circuits := new(breaker.Circuits)
	guarded := breaker.New[error, string](breaker.Config{Consecutive: 1, Circuits: circuits}, nil)(service)
	guarded.Call(in(rpc.Info{Service: "Shop", Method: "Buy"}), context.DeadlineExceeded)
	guarded.Call(in(rpc.Info{Service: "Shop", Method: "Sell"}), nil)
	has(t, scrape(t,
		prometheus.ServerState("shop", process{}), prometheus.ServerState("admin", process{}),
		prometheus.ClientState("stock", process{}), prometheus.BreakerState("stock", circuits)),
		`volo_server_connections{server="shop"} 2`,
		`volo_server_connections{server="admin"} 2`,
		`volo_server_connections_max{server="shop"} 10`,
		`volo_server_calls{server="shop"} 3`,
		`volo_server_calls_max{server="shop"} 20`,
		`volo_client_peers{client="stock",state="ready"} 2`,
		`volo_client_peers{client="stock",state="failing"} 1`,
		`volo_client_peers{client="stock",state="idle"} 0`,
		`volo_client_connections{client="stock"} 3`,
		`volo_client_instances{client="stock",service="stock"} 2`,
		`volo_client_instances_ejected{client="stock",service="stock"} 1`,
		`volo_client_outstanding{client="stock",service="stock"} 4`,
		`volo_breaker_circuits{breaker="stock",state="open"} 1`,
		`volo_breaker_circuits{breaker="stock",state="closed"} 1`)
}
