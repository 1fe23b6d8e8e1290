package vologrpc_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A road is how calls of gRPC-Web get to a server.
type road struct {
	name  string
	serve func(t testing.TB, h notes, opts ...vologrpc.ServerOption) (address string)
	http2 bool
}

// roads are all of them.
var roads = []road{
	{"our HTTP/2", serve, true},
	{"our HTTP/1.1", serve, false},
	{"net/http's HTTP/2", serveOnNetHTTP, true},
	{"net/http's HTTP/1.1", serveOnNetHTTP, false},
}

func everyRoad(t *testing.T, test func(t *testing.T, r road)) {
	for _, r := range roads {
		t.Run(r.name, func(t *testing.T) { test(t, r) })
	}
}

// serveOnNetHTTP serves h by a server of net/http until the test is over.
func serveOnNetHTTP(t testing.TB, h notes, opts ...vologrpc.ServerOption) (address string) {
	_, address = startOnNetHTTP(t, h, opts...)
	return address
}

func startOnNetHTTP(t testing.TB, h notes, opts ...vologrpc.ServerOption) (s *vologrpc.Server, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOnNetHTTPOf(t, l, h, opts...), l.Addr().String()
}

func startOnNetHTTPOf(t testing.TB, l net.Listener, h notes, opts ...vologrpc.ServerOption) *vologrpc.Server {
	t.Helper()
	s := vologrpc.NewServer(append([]vologrpc.ServerOption{quiet}, opts...)...)
	if err := s.Register(service(h)); err != nil {
		t.Fatal(err)
	}
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	on := &http.Server{Handler: s, Protocols: &p}
	go on.Serve(l)
	t.Cleanup(func() { s.Close(); on.Close() })
	return s
}

// client returns a client of net/http for the road, until the test is over.
func (r road) client(t testing.TB) *http.Client {
	var p http.Protocols
	p.SetHTTP1(!r.http2)
	p.SetUnencryptedHTTP2(r.http2)
	tr := &http.Transport{Protocols: &p}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// A webAnswer is an answer as the JavaScript in a page would read it.
type webAnswer struct {
	status   int
	header   http.Header
	messages []string
	trailer  textproto.MIMEHeader
}

func (a *webAnswer) code() string { return a.trailer.Get("grpc-status") }

// webCall makes a call.
func webCall(t testing.TB, c *http.Client, url string, header http.Header, body []byte) *webAnswer {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return readWeb(t, resp)
}

// readWeb reads a whole answer.
func readWeb(t testing.TB, resp *http.Response) *webAnswer {
	t.Helper()
	a := &webAnswer{status: resp.StatusCode, header: resp.Header}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("body: %v", err)
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/grpc-web-text") {
		body = unbase64(t, body)
	}
	if resp.StatusCode != http.StatusOK {
		return a
	}
	for len(body) > 0 {
		flag, size := body[0], int(binary.BigEndian.Uint32(body[1:5]))
		payload := body[5 : 5+size]
		body = body[5+size:]
		if flag&0x80 == 0 {
			a.messages = append(a.messages, string(payload))
			continue
		}
		lines := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(payload), strings.NewReader("\r\n"))))
		if a.trailer, err = lines.ReadMIMEHeader(); err != nil || len(body) > 0 {
			t.Fatalf("trailers %q: %v, and %d bytes after them", payload, err, len(body))
		}
	}
	if a.trailer == nil {
		t.Fatalf("no trailers: %d %v", a.status, a.header)
	}
	return a
}

// unbase64 decodes chunks, each of which may be padded.
func unbase64(t testing.TB, text []byte) (b []byte) {
	t.Helper()
	for ; len(text) >= 4; text = text[4:] {
		var err error
		if b, err = base64.StdEncoding.AppendDecode(b, text[:4]); err != nil {
			t.Fatal(err)
		}
	}
	if len(text) > 0 {
		t.Fatalf("base64 ends with %q", text)
	}
	return b
}

const (
	binaryForm = "application/grpc-web+proto"
	textForm   = "application/grpc-web-text"
)

// inForm encodes a body as its content-type says.
func inForm(contentType string, body []byte) []byte {
	if strings.HasPrefix(contentType, textForm) {
		return []byte(base64.StdEncoding.EncodeToString(body))
	}
	return body
}

// webHeader returns the header of a request: content-type, then pairs.
func webHeader(contentType string, pairs ...string) http.Header {
	h := http.Header{"Content-Type": {contentType}, "X-Grpc-Web": {"1"}}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// TestWebCalls makes the same calls on every road and in every form.
func TestWebCalls(t *testing.T) {
	one := envelope(0, encoded("hi"))
	two := append(slices.Clip(one), one...)
	packed, err := vologrpc.Gzip.Compress(nil, encoded("hi"))
	if err != nil {
		t.Fatal(err)
	}
	hi := string(encoded("hi"))
	const get, put, list, chat = "/test.v1.Notes/Get", "/test.v1.Notes/Put", "/test.v1.Notes/List", "/test.v1.Notes/Chat"
	tests := []struct {
		what     string
		path     string
		pairs    []string
		body     []byte
		code     string
		messages []string
	}{
		{"a unary call", get, nil, one, "0", []string{hi}},
		{"a server streaming call", list, nil, one, "0", []string{string(encoded("h")), string(encoded("i"))}},
		{"a server streaming call without answers", list, nil, envelope(0, nil), "0", nil},
		{"a client streaming call", put, nil, two, "0", []string{string(encoded("hihi"))}},
		{"a bidi call", chat, nil, two, "0", []string{hi, hi}},
		{"a big message", get, nil, envelope(0, encoded(strings.Repeat("x", 1_500_000))), "0", []string{string(encoded(strings.Repeat("x", 1_500_000)))}},
		{"a compressed message", get, []string{"Grpc-Encoding", "gzip"}, envelope(1, packed), "0", []string{hi}},
		{"no such method", "/test.v1.Notes/Burn", nil, one, "12", nil},
		{"no message", get, nil, nil, "12", nil},
		{"two messages for a unary call", get, nil, two, "12", nil},
		{"a message that is cut short", get, nil, one[:len(one)-1], "13", nil},
		{"an envelope that is cut short", chat, nil, one[:3], "13", nil},
		{"a message that is no Protobuf", get, nil, envelope(0, []byte{0xff}), "13", nil},
		{"trailers, which only servers send", get, nil, envelope(0x80, []byte("a: b\r\n")), "13", nil},
		{"compressed in an unknown way", get, []string{"Grpc-Encoding", "lzw"}, envelope(1, packed), "12", nil},
		{"a size over the limit, without the message", get, nil, []byte{0, 0xff, 0xff, 0xff, 0xff}, "8", nil},
		{"a message at the limit", get, nil, envelope(0, encoded(strings.Repeat("x", 2_000_000-4))), "0", []string{string(encoded(strings.Repeat("x", 2_000_000-4)))}},
		{"a message over the limit", get, nil, envelope(0, encoded(strings.Repeat("x", 2_000_000-3))), "8", nil},
		{"a timeout that is over", get, []string{"Grpc-Timeout", "0n"}, one, "4", nil},
		{"a timeout that is none", get, []string{"Grpc-Timeout", "soon"}, one, "13", nil},
	}
	everyRoad(t, func(t *testing.T, r road) {
		address := r.serve(t, echo, vologrpc.WithWeb(vologrpc.Web{}), vologrpc.WithMaxReceiveSize(2_000_000))
		client := r.client(t)
		for _, form := range []string{binaryForm, textForm, "application/grpc-web", "application/grpc-web-text+proto; charset=x"} {
			for _, tt := range tests {
				a := webCall(t, client, "http://"+address+tt.path, webHeader(form, tt.pairs...), inForm(form, tt.body))
				want, _, _ := strings.Cut(form, ";")
				if a.status != 200 || a.code() != tt.code || !slices.Equal(a.messages, tt.messages) || a.header.Get("Content-Type") != want {
					t.Errorf("%s, %s: got %d %s, grpc-status %q (%s) and %.40q, want %q and %.40q", form, tt.what, a.status,
						a.header.Get("Content-Type"), a.code(), a.trailer.Get("grpc-message"), a.messages, tt.code, tt.messages)
				}
			}
		}
	})
}

// TestWebAnswersInTheFormThatIsAsked sends one form and accepts the other.
func TestWebAnswersInTheFormThatIsAsked(t *testing.T) {
	everyRoad(t, func(t *testing.T, r road) {
		address := r.serve(t, echo, vologrpc.WithWeb(vologrpc.Web{}))
		for _, tt := range []struct{ contentType, accept, want string }{
			{binaryForm, textForm, textForm},
			{textForm, "text/html, " + binaryForm, binaryForm},
			{binaryForm, "*/*", binaryForm},
		} {
			a := webCall(t, r.client(t), "http://"+address+"/test.v1.Notes/Get", webHeader(tt.contentType, "Accept", tt.accept),
				inForm(tt.contentType, envelope(0, encoded("hi"))))
			if got := a.header.Get("Content-Type"); got != tt.want || a.code() != "0" {
				t.Errorf("%s, accept %s: got %s, status %s", tt.contentType, tt.accept, got, a.code())
			}
		}
	})
}

// TestWebMetadata has everything that travels beside messages.
func TestWebMetadata(t *testing.T) {
	h := notes{get: func(ctx context.Context, in *note) (*note, error) {
		m := vologrpc.MetadataFrom(ctx)
		vologrpc.SetHeader(ctx, "x-head", m.Get("x-in"), "x-head-bin", m.Get("x-in-bin"))
		vologrpc.SetTrailer(ctx, "x-tail", "a", "x-tail", "b", "x-tail-bin", "\x00\xff")
		if in.Value == "" {
			return in, nil
		}
		return nil, vologrpc.Errorf(vologrpc.NotFound, "100%% ü\n").WithDetails(of("detail"))
	}}
	everyRoad(t, func(t *testing.T, r road) {
		address := r.serve(t, h, vologrpc.WithWeb(vologrpc.Web{}))
		for _, value := range []string{"", "fail"} {
			a := webCall(t, r.client(t), "http://"+address+"/test.v1.Notes/Get",
				webHeader(binaryForm, "X-In", "in", "X-In-Bin", "AP8"), envelope(0, encoded(value)))
			if a.header.Get("X-Head") != "in" || a.header.Get("X-Head-Bin") != "AP8" {
				t.Errorf("header: got %v", a.header)
			}
			if !slices.Equal(a.trailer.Values("x-tail"), []string{"a", "b"}) || a.trailer.Get("x-tail-bin") != "AP8" {
				t.Errorf("trailer: got %v", a.trailer)
			}
			if value == "" {
				continue
			}
			if a.code() != "5" || a.trailer.Get("grpc-message") != "100%25 %C3%BC%0A" || a.trailer.Get("grpc-status-details-bin") == "" {
				t.Errorf("status: got %v", a.trailer)
			}
		}
	})
}

// TestWebIsOffUnlessAsked tries a server of gRPC alone.
func TestWebIsOffUnlessAsked(t *testing.T) {
	address := serve(t, echo)
	req, err := http.NewRequestWithContext(soon(t), http.MethodPost, "http://"+address+"/test.v1.Notes/Get", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = webHeader(binaryForm)
	resp, err := roads[0].client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("HTTP/2: got %d, want 415", resp.StatusCode)
	}
	if resp, err := roads[1].client(t).Do(req.Clone(soon(t))); err == nil {
		t.Errorf("HTTP/1.1: got %d, want no answer", resp.StatusCode)
		resp.Body.Close()
	}
	if _, err := dial(t, serve(t, echo, vologrpc.WithWeb(vologrpc.Web{}))).get(soon(t), "x"); err != nil {
		t.Errorf("gRPC beside gRPC-Web: %v", err)
	}
}

// TestWebRefusals sends what is neither gRPC nor gRPC-Web.
func TestWebRefusals(t *testing.T) {
	everyRoad(t, func(t *testing.T, r road) {
		address := r.serve(t, echo, vologrpc.WithWeb(vologrpc.Web{}))
		for _, tt := range []struct {
			method, contentType string
			status              int
		}{
			{"GET", binaryForm, 405},
			{"GET", "", 405},
			{"POST", "text/html", 415},
			{"POST", "application/grpc-web+json", 415},
			{"POST", "application/grpc-websocket", 415},
			{"OPTIONS", "", 405},
		} {
			req, err := http.NewRequestWithContext(soon(t), tt.method, "http://"+address+"/test.v1.Notes/Get", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", tt.contentType)
			resp, err := r.client(t).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.status {
				t.Errorf("%s %q: got %d, want %d", tt.method, tt.contentType, resp.StatusCode, tt.status)
			}
		}
	})
}

// TestCORS asks and calls as browsers do for pages of several origins.
func TestCORS(t *testing.T) {
	const ours, others = "https://shop.example", "https://evil.example"
	listed := vologrpc.Web{Origins: []string{ours + "/"}}
	generous := vologrpc.Web{Origins: []string{"*", ours}, Credentials: true}
	asked := vologrpc.Web{Allow: func(origin string) bool { return strings.HasSuffix(origin, ".example") && origin != others }}
	tests := []struct {
		what        string
		web         vologrpc.Web
		origin      string
		status      int // of the question
		allow       string
		credentials string
		vary        bool
	}{
		{"nobody is listed", vologrpc.Web{}, ours, 403, "", "", false},
		{"a page that is listed", listed, ours, 204, ours, "", true},
		{"a page that is not listed", listed, others, 403, "", "", true},
		{"a page without an origin", listed, "null", 403, "", "", true},
		{"all pages", vologrpc.Web{Origins: []string{"*"}}, others, 204, "*", "", false},
		{"all pages, one with credentials", generous, ours, 204, ours, "true", true},
		{"all pages, another", generous, others, 204, "*", "", true},
		{"a page that Allow lets in", asked, ours, 204, ours, "", true},
		{"a page that Allow does not let in", asked, others, 403, "", "", true},
	}
	h := notes{get: func(ctx context.Context, in *note) (*note, error) {
		return in, vologrpc.SetHeader(ctx, "x-seen", "1", "x-seen", "2")
	}}
	everyRoad(t, func(t *testing.T, r road) {
		for _, tt := range tests {
			url := "http://" + r.serve(t, h, vologrpc.WithWeb(tt.web)) + "/test.v1.Notes/Get"
			client := r.client(t)
			req, err := http.NewRequestWithContext(soon(t), http.MethodOptions, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = http.Header{"Origin": {tt.origin}, "Access-Control-Request-Method": {"POST"},
				"Access-Control-Request-Headers": {"content-type,x-grpc-web"}}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			check := func(phase string, h http.Header) {
				t.Helper()
				got := fmt.Sprint(h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials"),
					slices.Contains(h.Values("Vary"), "origin"))
				if want := fmt.Sprint(tt.allow, tt.credentials, tt.vary); got != want {
					t.Errorf("%s, %s: got %s, want %s", tt.what, phase, got, want)
				}
			}
			check("question", resp.Header)
			allowed := resp.Header.Get("Access-Control-Allow-Headers")
			if resp.StatusCode != tt.status || (tt.status == 204) != (allowed == "content-type,x-grpc-web") ||
				(tt.status == 204) != (resp.Header.Get("Access-Control-Max-Age") == "600") {
				t.Errorf("%s: got %d %v, want %d", tt.what, resp.StatusCode, resp.Header, tt.status)
			}
			a := webCall(t, client, url, webHeader(binaryForm, "Origin", tt.origin), envelope(0, encoded("hi")))
			check("call", a.header)
			if exposed := a.header.Get("Access-Control-Expose-Headers"); (tt.status == 204) != (exposed == "x-seen") {
				t.Errorf("%s: exposed are %q", tt.what, exposed)
			}
		}
	})
}

// TestWebSendsAsItGoes receives the first answer of a stream before the second
// is made.
func TestWebSendsAsItGoes(t *testing.T) {
	everyRoad(t, func(t *testing.T, r road) {
		for _, form := range []string{binaryForm, textForm} {
			goOn := make(chan struct{})
			h := notes{list: func(_ context.Context, in *note, s *vologrpc.Sender[note]) error {
				if err := s.Send(in); err != nil {
					return err
				}
				<-goOn
				return s.Send(in)
			}}
			address := r.serve(t, h, vologrpc.WithWeb(vologrpc.Web{}))
			message := envelope(0, encoded("abc"))
			req, err := http.NewRequestWithContext(soon(t), http.MethodPost, "http://"+address+"/test.v1.Notes/List", bytes.NewReader(inForm(form, message)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = webHeader(form)
			resp, err := r.client(t).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			first := inForm(form, message)
			got := make([]byte, len(first))
			if _, err := io.ReadFull(resp.Body, got); err != nil || !bytes.Equal(got, first) {
				t.Errorf("%s: first answer: got %q and %v, want %q", form, got, err, first)
			}
			close(goOn)
			rest := readWeb(t, resp)
			if len(rest.messages) != 1 || rest.code() != "0" {
				t.Errorf("%s: the rest: got %q, status %s", form, rest.messages, rest.code())
			}
			resp.Body.Close()
		}
	})
}

// TestWebBothWays takes turns, which HTTP/2 allows.
func TestWebBothWays(t *testing.T) {
	everyRoad(t, func(t *testing.T, r road) {
		if !r.http2 {
			t.Skip("clients of HTTP/1.1 read no answer before they have sent all")
		}
		for _, form := range []string{binaryForm, textForm} {
			address := r.serve(t, echo, vologrpc.WithWeb(vologrpc.Web{}))
			in, out := io.Pipe()
			req, err := http.NewRequestWithContext(soon(t), http.MethodPost, "http://"+address+"/test.v1.Notes/Chat", in)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = webHeader(form)
			message := inForm(form, envelope(0, encoded("abc")))
			go out.Write(message)
			resp, err := r.client(t).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(message))
			for i := range 5 {
				if i > 0 {
					out.Write(message)
				}
				if _, err := io.ReadFull(resp.Body, got); err != nil || !bytes.Equal(got, message) {
					t.Fatalf("%s, turn %d: got %q and %v", form, i, got, err)
				}
			}
			out.Close()
			if rest := readWeb(t, resp); rest.code() != "0" || len(rest.messages) > 0 {
				t.Errorf("%s: the end: got %q, status %s", form, rest.messages, rest.code())
			}
			resp.Body.Close()
		}
	})
}

// TestWebTextThroughSmallWindows sends messages that are larger than the
// windows, and text is larger still.
func TestWebTextThroughSmallWindows(t *testing.T) {
	address := serve(t, echo, vologrpc.WithWeb(vologrpc.Web{}), vologrpc.WithWindows(20_000, 65_535))
	client := roads[0].client(t)
	var body []byte
	var want []string
	for _, size := range []int{9_000, 0, 11_000, 20_000, 300_000, 10_000, 1, 15_000} {
		m := encoded(strings.Repeat("x", size))
		body, want = append(body, envelope(0, m)...), append(want, string(m))
	}
	for _, form := range []string{binaryForm, textForm} {
		a := webCall(t, client, "http://"+address+"/test.v1.Notes/Chat", webHeader(form), inForm(form, body))
		if a.code() != "0" || !slices.Equal(a.messages, want) {
			t.Errorf("%s: got %d messages, status %s, want %d", form, len(a.messages), a.code(), len(want))
		}
	}
}
