package console_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/volo-cli/internal/console"
	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// A page is a console that is served, and what a browser knows of it.
type page struct {
	t      *testing.T
	url    string // without the token
	token  string
	client *http.Client
	stop   func() error // ends Serve and returns its error
}

// open serves a console for a target.
func open(t *testing.T, config console.Config, peer invoke.Config) *page {
	t.Helper()
	peer.ReadFile = readFile
	config.Target = peer.Target
	return openWith(t, config, func(ctx context.Context) (*invoke.Peer, error) { return invoke.Open(ctx, peer) })
}

func openWith(t *testing.T, config console.Config, peer func(context.Context) (*invoke.Peer, error)) *page {
	t.Helper()
	config.Open = peer
	c := console.New(config)
	l := listen(t)
	url, token, ok := strings.Cut(c.URL(l.Addr()), "#token=")
	if !ok || len(token) < 20 {
		t.Fatalf("the URL is %s#%s, want a token of 20 characters or more", url, token)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l) }()
	transport := new(http.Transport)
	p := &page{t: t, url: url, token: token, client: &http.Client{Transport: transport}}
	p.stop = func() error {
		cancel()
		err := <-served
		served <- err
		return err
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("Serve: %v", err)
		}
		transport.CloseIdleConnections()
	})
	return p
}

func thriftPage(t *testing.T) *page {
	return open(t, console.Config{}, invoke.Config{Target: shop(t), IDLs: []string{"shop.thrift"}})
}

// request returns a request with the token.
func (p *page) request(ctx context.Context, method, path, body string) *http.Request {
	p.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, p.url+strings.TrimPrefix(path, "/"), strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Volo-Console-Token", p.token)
	return r
}

// ask returns the answer to a request.
func (p *page) ask(method, path, body string) (status int, answer string) {
	p.t.Helper()
	return p.do(p.request(p.t.Context(), method, path, body))
}

func (p *page) do(r *http.Request) (status int, answer string) {
	p.t.Helper()
	resp, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// An event is a line of a call, as the page reads it.
type event struct {
	Event string
	At    time.Duration `json:"at_ns"`
	ID    string
	Pairs []invoke.Pair
	Count int
	Text  json.RawMessage
	Reply *invoke.Reply
	Error *invoke.Failure
}

// A stream is a call that runs.
type stream struct {
	t     *testing.T
	body  io.ReadCloser
	lines *bufio.Scanner
	last  time.Duration
}

// call begins a call.
func (p *page) call(ctx context.Context, body string) *stream {
	p.t.Helper()
	resp, err := p.client.Do(p.request(ctx, "POST", "/api/calls", body))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/x-ndjson" {
		text, _ := io.ReadAll(resp.Body)
		p.t.Fatalf("got status %d, %s, %s", resp.StatusCode, resp.Header.Get("Content-Type"), text)
	}
	return &stream{t: p.t, body: resp.Body, lines: bufio.NewScanner(resp.Body)}
}

// next returns the next event, which must be called so; headers, which a stream
// may have at any time until it ends, and what is sent are left out unless they
// are asked for.
func (s *stream) next(want string) event {
	s.t.Helper()
	for s.lines.Scan() {
		var e event
		if err := json.Unmarshal(s.lines.Bytes(), &e); err != nil {
			s.t.Fatalf("%s: %v", s.lines.Bytes(), err)
		}
		if e.At < s.last {
			s.t.Errorf("%s is %s after the beginning, but what came before it %s", e.Event, e.At, s.last)
		}
		s.last = e.At
		if e.Event != want && (e.Event == "sent" || e.Event == "header") {
			continue
		}
		if e.Event != want {
			s.t.Fatalf("got %s, want %s", s.lines.Bytes(), want)
		}
		return e
	}
	s.t.Fatalf("the call is over (%v), want %s", s.lines.Err(), want)
	return event{}
}

// end makes sure that nothing comes after the end.
func (s *stream) end() event {
	s.t.Helper()
	e := s.next("end")
	if s.lines.Scan() {
		s.t.Errorf("%s after the end", s.lines.Bytes())
	}
	return e
}

func TestThePageIsServedAsItIs(t *testing.T) {
	p := open(t, console.Config{}, invoke.Config{IDLs: []string{"shop.thrift"}})
	resp, err := p.client.Get(p.url) // without the token: there is nothing secret in it
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy %q allows what is unsafe", policy)
	}
	for _, bad := range []string{"<script>", "style=", "onclick", "http://", "https://", p.token} {
		if bytes.Contains(text, []byte(bad)) {
			t.Errorf("the page has %q in it", bad)
		}
	}
}

func TestNobodyElseIsLetIn(t *testing.T) {
	p := thriftPage(t)
	host := strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/")
	_, port, _ := strings.Cut(host, ":")
	with := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	for _, tt := range []struct {
		says   string
		path   string
		change func(*http.Request)
		want   int
	}{
		{"the page itself", "/api/peer", with("Origin", "http://"+host, "Sec-Fetch-Site", "same-origin"), 200},
		{"localhost", "/api/peer", func(r *http.Request) { r.Host = "localhost:" + port }, 200},
		{"another port, forwarded", "/api/peer", func(r *http.Request) { r.Host = "127.0.0.1:99" }, 200},
		{"in numbers of version 6", "/api/peer", func(r *http.Request) { r.Host = "[::1]:" + port }, 200},
		{"no token", "/api/peer", func(r *http.Request) { r.Header.Del("Volo-Console-Token") }, 403},
		{"another token", "/api/peer", with("Volo-Console-Token", strings.Repeat("A", len(p.token))), 403},
		{"a token that is longer", "/api/peer", with("Volo-Console-Token", p.token+"A"), 403},
		{"the token as a cookie", "/api/peer", func(r *http.Request) {
			r.Header.Del("Volo-Console-Token")
			r.Header.Set("Cookie", "Volo-Console-Token="+p.token)
		}, 403},
		{"a name that leads here", "/api/peer", func(r *http.Request) { r.Host = "evil.example:" + port }, 403},
		{"such a name, for the page", "/", func(r *http.Request) { r.Host = "evil.example:" + port }, 403},
		{"a name that begins like an address", "/api/peer", func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 403},
		{"no name at all", "/api/peer", func(r *http.Request) { r.Host = "_" }, 403},
		{"a page of another site", "/api/peer", with("Origin", "https://evil.example"), 403},
		{"a page of another port", "/api/peer", with("Origin", "http://127.0.0.1:1"), 403},
		{"a page without an origin", "/api/peer", with("Origin", "null"), 403},
		{"another site, as the browser tells", "/api/peer", with("Sec-Fetch-Site", "cross-site"), 403},
		{"another port, as the browser tells", "/main.js", with("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors"), 403},
		{"a link on another site", "/", with("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), 200},
		{"a link on another site to the API", "/api/peer", with("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), 403},
		{"an address that was typed", "/", with("Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"), 200},
	} {
		r := p.request(t.Context(), "GET", tt.path, "")
		tt.change(r)
		if got, text := p.do(r); got != tt.want {
			t.Errorf("%s: got status %d, %s, want %d", tt.says, got, text, tt.want)
		}
	}
	first, second := console.New(console.Config{}), console.New(console.Config{})
	l := listen(t)
	defer l.Close()
	if first.URL(l.Addr()) == second.URL(l.Addr()) {
		t.Error("two consoles have one token")
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	p := open(t, console.Config{MaxBody: 100}, invoke.Config{Target: shop(t), IDLs: []string{"shop.thrift"}})
	for _, tt := range []struct {
		says, method, path, body string
		status                   int
		want                     string
	}{
		{"no such part", "GET", "/api/x", "", 404, "no such part"},
		{"no such file", "GET", "/x", "", 404, "not found"},
		{"another method", "GET", "/api/check", "", 404, "no such part"},
		{"no JSON", "POST", "/api/calls", "{", 400, "unexpected end of JSON input"},
		{"a body at the limit", "POST", "/api/check", pad(`{"method":"Put","text":"{}"}`, 100), 200, "null"},
		{"a body above it", "POST", "/api/check", pad(`{"method":"Put","text":"{}"}`, 101), 413, "longer than 100 bytes"},
		{"no such method", "POST", "/api/calls", `{"method":"Shop/Putt"}`, 404, `did you mean \"Put\"?`},
		{"no such method to check for", "POST", "/api/check", `{"method":"Shop/Putt"}`, 404, `did you mean \"Put\"?`},
		{"a timeout that is none", "POST", "/api/calls", `{"method":"Put","text":"{}","timeout":"soon"}`, 400, `timeout \"soon\"`},
		{"a timeout in the past", "POST", "/api/calls", `{"method":"Put","text":"{}","timeout":"-1s"}`, 400, `timeout \"-1s\"`},
		{"a request that is none", "POST", "/api/calls", `{"method":"Put","text":"{\n\"item\": 1}"}`, 422, `"line":2,"column":9`},
		{"no such call", "POST", "/api/calls/x/messages", "{}", 404, "the call has ended"},
		{"no such call to end", "POST", "/api/calls/x/end", "", 404, "the call has ended"},
		{"no such call to cancel", "DELETE", "/api/calls/x", "", 404, "the call has ended"},
	} {
		if status, text := p.ask(tt.method, tt.path, tt.body); status != tt.status || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got status %d, %s, want %d and %s", tt.says, status, text, tt.status, tt.want)
		}
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", n-len(s)) }
