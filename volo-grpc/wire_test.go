package vologrpc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"google.golang.org/protobuf/proto"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// envelope frames a message as it travels.
func envelope(flag byte, payload []byte) []byte {
	b := append([]byte{flag}, binary.BigEndian.AppendUint32(nil, uint32(len(payload)))...)
	return append(b, payload...)
}

func encoded(s string) []byte {
	b, err := proto.Marshal(of(s))
	if err != nil {
		panic(err)
	}
	return b
}

// TestRequestsFromElsewhere sends requests as an HTTP client would write them.
func TestRequestsFromElsewhere(t *testing.T) {
	address := serve(t, echo, vologrpc.WithMaxReceiveSize(1000))
	transport := &http2.Transport{AllowHTTP: true, DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	defer transport.CloseIdleConnections()

	one := envelope(0, encoded("hi"))
	two := append(envelope(0, encoded("hi")), one...)
	const get, chat = "/test.v1.Notes/Get", "/test.v1.Notes/Chat"
	grpc := http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}}
	with := func(pairs ...string) http.Header {
		h := grpc.Clone()
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	tests := []struct {
		what         string
		method, path string
		header       http.Header
		body         []byte
		status       int
		code         string // grpc-status
		answer       []byte
	}{
		{"a call", "POST", get, grpc, one, 200, "0", one},
		{"a call that names the codec", "POST", get, with("Content-Type", "application/grpc+proto"), one, 200, "0", one},
		{"a content-type with parameters", "POST", get, with("Content-Type", "application/grpc;x=y"), one, 200, "0", one},
		{"another method of HTTP", "PUT", get, grpc, one, 405, "", nil},
		{"another content-type", "POST", get, with("Content-Type", "text/html"), one, 415, "", nil},
		{"another codec", "POST", get, with("Content-Type", "application/grpc+json"), one, 415, "", nil},
		{"what only begins like one", "POST", get, with("Content-Type", "application/grpc-web"), one, 415, "", nil},
		{"no such method", "POST", "/test.v1.Notes/Burn", grpc, one, 200, "12", nil},
		{"no such service", "POST", "/test.v1.Books/Get", grpc, one, 200, "12", nil},
		{"a path that is none of gRPC", "POST", "/", grpc, one, 200, "12", nil},
		{"no message for a unary call", "POST", get, grpc, nil, 200, "12", nil},
		{"two messages for a unary call", "POST", get, grpc, two, 200, "12", nil},
		{"two messages for a bidi call", "POST", chat, grpc, two, 200, "0", two},
		{"no message for a bidi call", "POST", chat, grpc, nil, 200, "0", nil},
		{"a message that is cut short", "POST", get, grpc, one[:len(one)-1], 200, "13", nil},
		{"an envelope that is cut short", "POST", chat, grpc, one[:3], 200, "13", nil},
		{"a message that is no Protobuf", "POST", get, grpc, envelope(0, []byte{0xff}), 200, "13", nil},
		{"unknown flags", "POST", get, grpc, envelope(2, encoded("hi")), 200, "13", nil},
		{"compressed, but nobody says how", "POST", get, grpc, envelope(1, encoded("hi")), 200, "13", nil},
		{"compressed in an unknown way", "POST", get, with("Grpc-Encoding", "lzw"), envelope(1, encoded("hi")), 200, "12", nil},
		{"compressed, which it is not", "POST", get, with("Grpc-Encoding", "gzip"), envelope(1, encoded("hi")), 200, "13", nil},
		{"not compressed, although it could be", "POST", get, with("Grpc-Encoding", "gzip"), one, 200, "0", one},
		{"identity", "POST", get, with("Grpc-Encoding", "identity"), one, 200, "0", one},
		{"a message over the limit", "POST", get, grpc, envelope(0, encoded(strings.Repeat("x", 1000))), 200, "8", nil},
		{"a size over the limit, without the message", "POST", get, grpc, []byte{0, 0xff, 0xff, 0xff, 0xff}, 200, "8", nil},
		{"a timeout", "POST", get, with("Grpc-Timeout", "10S"), one, 200, "0", one},
		{"a timeout that is over", "POST", get, with("Grpc-Timeout", "0n"), one, 200, "4", nil},
		{"a timeout that is none", "POST", get, with("Grpc-Timeout", "soon"), one, 200, "13", nil},
		{"binary metadata that is none", "POST", get, with("X-A-Bin", "!"), one, 200, "13", nil},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			req, err := http.NewRequestWithContext(soon(t), tt.method, "http://"+address+tt.path, bytes.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = tt.header
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			answer, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Errorf("body: %v", err)
			}
			code := resp.Trailer.Get("Grpc-Status")
			if code == "" {
				code = resp.Header.Get("Grpc-Status")
			}
			if resp.StatusCode != tt.status || code != tt.code || !bytes.Equal(answer, tt.answer) {
				t.Errorf("got %d, grpc-status %q (%s) and %q, want %d, %q and %q", resp.StatusCode, code,
					resp.Trailer.Get("Grpc-Message")+resp.Header.Get("Grpc-Message"), answer, tt.status, tt.code, tt.answer)
			}
		})
	}
}

// TestAnswersFromElsewhere gets answers from a server that is not ours.
func TestAnswersFromElsewhere(t *testing.T) {
	one := envelope(0, encoded("hi"))
	grpc := map[string]string{"Content-Type": "application/grpc"}
	ok := map[string]string{"Grpc-Status": "0"}
	tests := []struct {
		what    string
		status  int
		header  map[string]string
		body    []byte
		trailer map[string]string
		want    vologrpc.Code
		message string
	}{
		{"an answer", 200, grpc, one, ok, vologrpc.OK, ""},
		{"a status", 200, grpc, nil, map[string]string{"Grpc-Status": "5", "Grpc-Message": "n%C3%B6"}, vologrpc.NotFound, "nö"},
		{"a status after a message", 200, grpc, one, map[string]string{"Grpc-Status": "5"}, vologrpc.NotFound, ""},
		{"trailers only", 200, map[string]string{"Content-Type": "application/grpc", "Grpc-Status": "7"}, nil, nil, vologrpc.PermissionDenied, ""},
		{"no message", 200, grpc, nil, ok, vologrpc.Unimplemented, "no message"},
		{"two messages", 200, grpc, append(one[:len(one):len(one)], one...), ok, vologrpc.Unimplemented, "several messages"},
		{"no status", 200, grpc, one, nil, vologrpc.Internal, "without grpc-status"},
		{"a status that is none", 200, grpc, nil, map[string]string{"Grpc-Status": "fine"}, vologrpc.Unknown, "malformed grpc-status"},
		{"half a message", 200, grpc, one[:len(one)-1], ok, vologrpc.Internal, ""},
		{"a message that is no Protobuf", 200, grpc, envelope(0, []byte{0xff}), ok, vologrpc.Internal, "decode"},
		{"compressed, but it does not say how", 200, grpc, envelope(1, encoded("hi")), ok, vologrpc.Internal, "compressed"},
		{"compressed in an unknown way", 200, map[string]string{"Content-Type": "application/grpc", "Grpc-Encoding": "lzw"}, one, ok, vologrpc.Internal, "lzw"},
		{"another codec", 200, map[string]string{"Content-Type": "application/grpc+json"}, one, ok, vologrpc.Internal, "application/grpc+json"},
		{"a page", 200, map[string]string{"Content-Type": "text/html"}, []byte("<p>hello"), nil, vologrpc.Unknown, "text/html"},
		{"400", 400, nil, nil, nil, vologrpc.Internal, "HTTP status 400"},
		{"401", 401, nil, nil, nil, vologrpc.Unauthenticated, ""},
		{"403", 403, nil, nil, nil, vologrpc.PermissionDenied, ""},
		{"404 with a page", 404, map[string]string{"Content-Type": "text/html"}, bytes.Repeat([]byte("<p>no "), 1000), nil, vologrpc.Unimplemented, ""},
		{"429", 429, nil, nil, nil, vologrpc.Unavailable, ""},
		{"500", 500, nil, nil, nil, vologrpc.Unknown, ""},
		{"503", 503, nil, []byte("later"), nil, vologrpc.Unavailable, ""},
	}
	for _, tt := range tests {
		address := elsewhere(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			for k := range tt.trailer {
				w.Header().Add("Trailer", k)
			}
			for k, v := range tt.header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(tt.status)
			w.Write(tt.body)
			for k, v := range tt.trailer {
				w.Header().Set(k, v)
			}
		}))
		c := dial(t, address)
		check := func(kind vologrpc.Kind, err error) {
			t.Run(tt.what+", "+kind.String(), func(t *testing.T) {
				if vologrpc.CodeOf(err) != tt.want || err != nil && !strings.Contains(err.Error(), tt.message) {
					t.Errorf("got %v, want %v: %s", err, tt.want, tt.message)
				}
			})
		}
		_, err := c.get(soon(t), "hi")
		check(vologrpc.Unary, err)
		s, err := c.put(soon(t))
		if err == nil {
			_, err = s.CloseAndRecv()
		}
		check(vologrpc.ClientStreaming, err)
	}
}

// elsewhere serves h by net/http over HTTP/2 without TLS.
func elsewhere(t *testing.T, h http.Handler) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: h, Protocols: &p}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}
