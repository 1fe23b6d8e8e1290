package debugpage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/debugpage"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// A step is what a call does: it takes so long, and ends so.
type step struct {
	takes time.Duration
	err   error
}

var service = motore.ServiceFunc[step, string](func(_ context.Context, s step) (string, error) {
	if s.takes > 0 {
		time.Sleep(s.takes)
	}
	return "", s.err
})

// calls returns what makes calls of a method that p sees.
func calls(p *debugpage.Page, info rpc.Info) func(...step) {
	s := observe.New[step, string](p)(service)
	return func(steps ...step) {
		for _, step := range steps {
			i := info
			s.Call(rpc.NewContext(context.Background(), &i), step)
		}
	}
}

var buy = rpc.Info{Role: rpc.Client, Service: "shop.v1.Shop", Method: "Buy", Callee: rpc.Endpoint{Service: "shop", Address: rpc.TCP("10.0.0.7:1")}}

func TestWhatIsKeptOfCalls(t *testing.T) {
	const slow = 200 * time.Millisecond // the default
	soldOut := errors.New("sold out")
	for _, test := range []struct {
		name         string
		config       debugpage.Config
		steps        []step
		failed, late []string // "error after seconds", the latest first
	}{
		{"nothing of a call that went well", debugpage.Config{}, []step{{0, nil}, {slow - 1, nil}}, nil, nil},
		{"an error", debugpage.Config{}, []step{{time.Millisecond, soldOut}}, []string{"sold out after 0.001"}, nil},
		{"a call that is just slow", debugpage.Config{}, []step{{slow, nil}}, nil, []string{" after 0.2"}},
		{"a slow error is both", debugpage.Config{}, []step{{slow, soldOut}}, []string{"sold out after 0.2"}, []string{"sold out after 0.2"}},
		{"another limit", debugpage.Config{Slow: time.Second}, []step{{slow, nil}, {time.Second, nil}}, nil, []string{" after 1"}},
		{"as many as there is room for, at the limit", debugpage.Config{Recent: 2}, []step{{1e9, nil}, {2e9, nil}}, nil, []string{" after 2", " after 1"}},
		{"and the latest of more", debugpage.Config{Recent: 2}, []step{{1e9, nil}, {2e9, nil}, {3e9, nil}}, nil, []string{" after 3", " after 2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := debugpage.New(test.config)
				calls(p, buy)(test.steps...)
				s := p.Snapshot()
				if got := list(s.Failed); fmt.Sprint(got) != fmt.Sprint(test.failed) {
					t.Errorf("failed: got %q, want %q", got, test.failed)
				}
				if got := list(s.Slow); fmt.Sprint(got) != fmt.Sprint(test.late) {
					t.Errorf("slow: got %q, want %q", got, test.late)
				}
				if s.Running != 0 {
					t.Errorf("%d calls run, want none", s.Running)
				}
			})
		})
	}
}

func list(calls []debugpage.Call) (texts []string) {
	for _, c := range calls {
		texts = append(texts, c.Error+" after "+strconv.FormatFloat(c.Seconds, 'f', -1, 64))
	}
	return texts
}

func TestMethodsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := debugpage.New(debugpage.Config{})
		call := calls(p, buy)
		for range 99 {
			call(step{takes: 10 * time.Millisecond})
		}
		call(step{time.Second, context.DeadlineExceeded})
		s := p.Snapshot()
		if len(s.Methods) != 1 {
			t.Fatalf("%d methods, want 1", len(s.Methods))
		}
		m := s.Methods[0]
		if m.Calls != 100 || m.Errors != 1 || m.Outcomes["answered"] != 99 || m.Outcomes["lost"] != 1 || len(m.Outcomes) != 2 {
			t.Errorf("got %+v, want 99 calls answered and one lost", m)
		}
		if m.P50 < 0.010 || m.P50 > 0.015 {
			t.Errorf("half of the calls took at most %v s, want 0.010 and up to a half more", m.P50)
		}
		if m.P99 != 1 || m.Longest != 1 {
			t.Errorf("p99 %v s, longest %v s; want 1, which the longest call took", m.P99, m.Longest)
		}
		if want := (99*0.010 + 1) / 100; m.Mean != want {
			t.Errorf("mean %v s, want %v", m.Mean, want)
		}
	})
}

func TestThePulseIsTheLastMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := debugpage.New(debugpage.Config{})
		call := calls(p, buy)
		call(step{}, step{err: errors.New("no")})
		time.Sleep(10 * time.Second)
		call(step{})
		if b := p.Snapshot().Pulse; len(b) != 60 || b[59] != (debugpage.Beat{Calls: 1}) || b[49] != (debugpage.Beat{Calls: 2, Failed: 1}) {
			t.Errorf("got %v, want one call now, and two ten seconds ago, one of them failed", b)
		}
		time.Sleep(50 * time.Second)
		if b := p.Snapshot().Pulse; b[9] != (debugpage.Beat{Calls: 1}) || b[0] != (debugpage.Beat{}) {
			t.Errorf("got %v, want only the last call, fifty seconds ago", b)
		}
		time.Sleep(time.Hour)
		for i, b := range p.Snapshot().Pulse {
			if b != (debugpage.Beat{}) {
				t.Errorf("second %d has %v an hour later", i, b)
			}
		}
	})
}

func TestCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := debugpage.New(debugpage.Config{})
		for range debugpage.Most + 1 {
			go calls(p, buy)(step{takes: time.Minute})
		}
		time.Sleep(time.Second)
		go calls(p, rpc.Info{Role: rpc.Server, Caller: rpc.Endpoint{Address: rpc.Unix("/run/x")}})(step{takes: time.Hour})
		time.Sleep(time.Second)
		s := p.Snapshot()
		if s.Running != debugpage.Most+2 || len(s.Flying) != debugpage.Most || s.Flying[0].Seconds != 2 || s.Flying[0].Peer != "10.0.0.7:1" {
			t.Errorf("%d run and %d are told of, the oldest is %+v; want %d, %d, and one that has run for 2 s",
				s.Running, len(s.Flying), s.Flying[0], debugpage.Most+2, debugpage.Most)
		}
		time.Sleep(time.Minute)
		if s := p.Snapshot(); s.Running != 1 || s.Flying[0].Peer != "unix:/run/x" || s.Flying[0].Role != "server" {
			t.Errorf("got %+v, want the server's call only", s.Flying)
		}
		time.Sleep(time.Hour)
	})
}

// Peers that make up names of methods do not fill our memory.
func TestMethodsBeyondTheLimitAreOne(t *testing.T) {
	p := debugpage.New(debugpage.Config{})
	const limit = 1024
	for i := range limit + 5 {
		calls(p, rpc.Info{Role: rpc.Server, Service: "S", Method: "M" + strconv.Itoa(i), Unknown: true})(step{})
	}
	// What the server has registered has its place all the same.
	calls(p, rpc.Info{Role: rpc.Server, Service: "S", Method: "Buy"})(step{})
	s := p.Snapshot()
	if !slices.ContainsFunc(s.Methods, func(m debugpage.Method) bool { return m.Method == "Buy" }) {
		t.Error("a method of the server is among the others")
	}
	if len(s.Methods) != limit+2 || s.Methods[0].Method != "_OTHER" || s.Methods[0].Calls != 5 {
		t.Errorf("%d methods, first %+v; want %d, and five calls of _OTHER", len(s.Methods), s.Methods[0], limit+2)
	}
}

// A process says of itself what it is told to.
type process struct{}

func (process) Load() observe.Load {
	return observe.Load{Conns: 8, MaxConns: 10, Calls: 1, MaxCalls: 20}
}

func (process) Peers() []observe.Peer {
	return []observe.Peer{
		{Address: rpc.TCP("b:2"), State: "failing", Err: errors.New("connection refused")},
		{Address: rpc.TCP("a:1"), State: "ready", Connections: 2, Calls: 3},
	}
}

func (process) Balancing() []loadbalance.ServiceState {
	return []loadbalance.ServiceState{{Service: "stock", Instances: []loadbalance.State{{
		Instance: discovery.Instance{Address: rpc.TCP("a:1"), Weight: 7, Tags: map[string]string{"zone": "<west>"}}, Outstanding: 4,
		Latency: 3 * time.Millisecond, EjectedUntil: time.Now().Add(30 * time.Second), Ejections: 1,
	}}}}
}

func full() *debugpage.Page {
	p := debugpage.New(debugpage.Config{Title: "shop & co", Pprof: "/debug/pprof/"})
	p.Server("front", process{})
	p.Client("to stock", process{})
	circuits := new(breaker.Circuits)
	guarded := breaker.New[step, string](breaker.Config{Consecutive: 1, Circuits: circuits}, nil)(service)
	guarded.Call(rpc.NewContext(context.Background(), &buy), step{err: context.DeadlineExceeded})
	sell := buy
	sell.Method = "Sell"
	guarded.Call(rpc.NewContext(context.Background(), &sell), step{})
	p.Breaker("stock", circuits)
	calls(p, buy)(step{}, step{err: errors.New(`<script>alert("` + strings.Repeat("x", 600) + `")</script>`)})
	return p
}

func get(p http.Handler, method, target, accept string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePage(t *testing.T) {
	resp := get(full(), "GET", "/debug/volo", "text/html,*/*")
	page := body(t, resp)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	for _, want := range []string{
		"<h1>shop &amp; co</h1>",
		`<b>Shop</b>.Buy</td><td>client, </td><td class="n">2</td><td class="n bad">1</td>`,
		`<b>front</b></td><td class="n">8</td><td class="m"><meter min="0" max="100" high="80" value="80"></meter> 10</td>`,
		`a:1</td><td><span class="tag ready">ready</span></td><td class="n">2</td><td class="n">3</td>`,
		`<td class="error">connection refused</td>`,
		`<span class="tag">zone=&lt;west&gt;</span>`,
		`<td class="n">7</td>`, `<td class="n">3.0 ms</td>`,
		`<span class="tag open">open 1</span>`, `<span class="tag closed">closed 1</span>`,
		`shop.v1.Shop.Buy at 10.0.0.7:1</td><td><span class="tag open">open</span>`,
		`<a href="/debug/pprof/goroutine?debug=1">goroutines</a>`,
		`<rect class="ok"`, `<rect class="no"`, `<noscript><meta http-equiv="refresh" content="5"></noscript>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, no := range []string{"<script>", "ZgotmplZ", strings.Repeat("x", 501), "http://", "https://"} {
		if strings.Contains(page, no) {
			t.Errorf("the page has %s", no)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

// What the policy lets a browser run and show is what this page was made with.
func TestThePolicyOfThePage(t *testing.T) {
	p := full()
	nonce := func() string {
		resp := get(p, "GET", "/", "")
		page, policy := body(t, resp), resp.Header.Get("Content-Security-Policy")
		got := regexp.MustCompile(`script-src 'nonce-([A-Z0-9]{20,})'`).FindStringSubmatch(policy)
		if got == nil || !strings.HasPrefix(policy, "default-src 'none'") {
			t.Fatalf("policy %q, want one that allows nothing but a nonce", policy)
		}
		if n := strings.Count(page, `nonce="`+got[1]+`"`); n != 2 || strings.Count(page, "<script") != 1 || strings.Count(page, "<style") != 1 {
			t.Errorf("the nonce is there %d times, want it at the one script and the one style", n)
		}
		return got[1]
	}
	if nonce() == nonce() {
		t.Error("two pages have one nonce")
	}
}

func TestHowThePageIsAskedFor(t *testing.T) {
	for _, test := range []struct {
		name, method, target, accept string
		status                       int
		contentType                  string
	}{
		{"by a browser", "GET", "/", "text/html,application/xhtml+xml,*/*;q=0.8", 200, "text/html; charset=utf-8"},
		{"by anybody", "GET", "/", "", 200, "text/html; charset=utf-8"},
		{"for JSON", "GET", "/", "application/json", 200, "application/json; charset=utf-8"},
		{"for JSON by the query", "GET", "/?format=json", "text/html", 200, "application/json; charset=utf-8"},
		{"for its head", "HEAD", "/", "", 200, "text/html; charset=utf-8"},
		{"to change it", "POST", "/", "", 405, "text/plain; charset=utf-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			resp := get(full(), test.method, test.target, test.accept)
			if got := resp.Header.Get("Content-Type"); resp.StatusCode != test.status || got != test.contentType {
				t.Errorf("got %d, %s; want %d, %s", resp.StatusCode, got, test.status, test.contentType)
			}
			if test.status == 200 && resp.Header.Get("Cache-Control") != "no-store" {
				t.Error("the page may be kept by a cache")
			}
		})
	}
}

func TestJSONIsTheSnapshot(t *testing.T) {
	var s debugpage.Snapshot
	text := body(t, get(full(), "GET", "/?format=json", ""))
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if s.Title != "shop & co" || len(s.Servers) != 1 || s.Servers[0].Conns != 8 {
		t.Errorf("servers %+v of %q", s.Servers, s.Title)
	}
	c := s.Clients[0]
	if len(c.Peers) != 2 || c.Peers[0].Address != "a:1" || c.Peers[1].Error != "connection refused" {
		t.Errorf("peers %+v, want two in order of their addresses", c.Peers)
	}
	if in := c.Services[0].Instances[0]; in.Ejected <= 0 || in.Ejected > 31 || in.Outstanding != 4 {
		t.Errorf("instance %+v, want one that is ejected for up to 30 s", in)
	}
	if b := s.Breakers[0]; b.Open != 1 || b.Closed != 1 || len(b.Circuits) != 2 || b.Circuits[0].State != "open" || b.Circuits[0].Opens <= 0 {
		t.Errorf("breaker %+v, want the open circuit first", b)
	}
	if s.Runtime.Goroutines == 0 || s.Runtime.Heap == 0 {
		t.Errorf("runtime %+v", s.Runtime)
	}
	if strings.Contains(body(t, get(debugpage.New(debugpage.Config{}), "GET", "/?format=json", "")), ": null") {
		t.Error("a list of nothing is null, want []")
	}
}

func ExamplePage() {
	page := debugpage.New(debugpage.Config{Title: "shop"})
	page.Server("front", process{}) // a server of volothrift or vologrpc

	// volothrift.WithLayers(volothrift.Observe(page)), or of vologrpc; here, any service:
	s := observe.New[step, string](page)(service)
	s.Call(rpc.NewContext(context.Background(), &buy), step{err: errors.New("sold out")})

	mux := http.NewServeMux()
	mux.Handle("/debug/volo", page) // where only friends can reach it

	for _, c := range page.Snapshot().Failed {
		fmt.Println(c.Service, c.Method, c.Peer, c.Error)
	}
	// Output: shop.v1.Shop Buy 10.0.0.7:1 sold out
}
