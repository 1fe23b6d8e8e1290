package volothrift_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// dialects are requests for get("k") and what must come back, byte for byte
// where there is no header.
var dialects = []struct {
	name    string
	request []byte
	check   func(*peer)
}{
	{"unframed", message(typeCall, "get", 7, text(1, "k")), func(p *peer) {
		p.t.Helper()
		expectBytes(p, message(typeReply, "get", 7, text(0, "k")))
	}},
	{"framed", framed(message(typeCall, "get", 8, text(1, "k"))), func(p *peer) {
		p.t.Helper()
		expectBytes(p, framed(message(typeReply, "get", 8, text(0, "k"))))
	}},
	{"TTHeader", header{seq: 9}.frame(message(typeCall, "get", 9, text(1, "k"))), func(p *peer) {
		p.t.Helper()
		h, payload := parse(p.t, p.receiveFrame())
		expectHeader(p.t, h, 0, 9)
		if want := message(typeReply, "get", 9, text(0, "k")); !bytes.Equal(payload, want) {
			p.t.Errorf("got payload % x, want % x", payload, want)
		}
	}},
	{"TTHeader framed", header{seq: 10}.frame(framed(message(typeCall, "get", 10, text(1, "k")))), func(p *peer) {
		p.t.Helper()
		h, payload := parse(p.t, p.receiveFrame())
		expectHeader(p.t, h, 0, 10)
		if want := framed(message(typeReply, "get", 10, text(0, "k"))); !bytes.Equal(payload, want) {
			p.t.Errorf("got payload % x, want % x", payload, want)
		}
	}},
	{"TTHeader out of order", header{flags: 1, seq: 11}.frame(message(typeCall, "get", 11, text(1, "k"))), func(p *peer) {
		p.t.Helper()
		h, _ := parse(p.t, p.receiveFrame())
		expectHeader(p.t, h, 1, 11)
	}},
	{"TTHeader framed out of order", header{flags: 1, seq: 12}.frame(framed(message(typeCall, "get", 12, text(1, "k")))), func(p *peer) {
		p.t.Helper()
		h, payload := parse(p.t, p.receiveFrame())
		expectHeader(p.t, h, 1, 12)
		if want := framed(message(typeReply, "get", 12, text(0, "k"))); !bytes.Equal(payload, want) {
			p.t.Errorf("got payload % x, want % x", payload, want)
		}
	}},
	{"framed, of Apache's multiplexed processor", framed(message(typeCall, "Store:get", 13, text(1, "k"))), func(p *peer) {
		p.t.Helper()
		// Apache's clients look for the name without the service.
		expectBytes(p, framed(message(typeReply, "get", 13, text(0, "k"))))
	}},
}

func expectBytes(p *peer, want []byte) {
	p.t.Helper()
	if got := p.receive(len(want)); !bytes.Equal(got, want) {
		p.t.Errorf("got % x, want % x", got, want)
	}
}

func expectHeader(t testing.TB, h header, flags uint16, seq uint32) {
	t.Helper()
	if h.flags != flags || h.seq != seq || h.ints[22] != "2" {
		t.Errorf("got flags %d, sequence %d, message type %q; want %d, %d and 2, a reply", h.flags, h.seq, h.ints[22], flags, seq)
	}
}

func TestServerAnswersInThePeersDialect(t *testing.T) {
	pair := serve(t, handler{})
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			p := newPeer(t, pair)
			for range 2 {
				p.send(d.request)
				d.check(p)
			}
		})
	}
}

func TestServerRecognisesTheDialectOfEachMessageAnew(t *testing.T) {
	p := newPeer(t, serve(t, handler{}))
	for range 2 {
		for _, d := range dialects {
			p.send(d.request)
			d.check(p)
		}
	}
}

func TestServerTakesRequestsInAnyPieces(t *testing.T) {
	pair := serve(t, handler{})
	for _, d := range dialects {
		t.Run(d.name+", byte by byte", func(t *testing.T) {
			p := newPeer(t, pair)
			if _, err := io.Copy(struct{ io.Writer }{p}, iotest.OneByteReader(bytes.NewReader(d.request))); err != nil {
				t.Fatal(err)
			}
			d.check(p)
		})
		t.Run(d.name+", one and a half at a time", func(t *testing.T) {
			p := newPeer(t, pair)
			half := len(d.request) / 2
			p.send(d.request, d.request[:half])
			d.check(p)
			p.send(d.request[half:])
			d.check(p)
		})
		t.Run(d.name+", three at once", func(t *testing.T) {
			p := newPeer(t, pair)
			p.send(d.request, d.request, d.request)
			for range 3 {
				d.check(p)
			}
		})
	}
}

func TestServerRefusesOtherProtocolsWithOneLineAndAClose(t *testing.T) {
	var request bytes.Buffer
	r, _ := http.NewRequest("GET", "http://x/index.html", nil)
	r.Write(&request)

	for _, tt := range []struct {
		what string
		sent []byte
		want string // in the line
	}{
		{"an HTTP request", request.Bytes(), "HTTP"},
		{"an HTTP/2 preface", []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "HTTP/2"},
		{"a TLS hello", []byte{0x16, 3, 1, 0, 0xc8, 1, 0, 0, 0xc4, 3, 3}, "TLS"},
		{"the compact protocol", []byte{0x82, 0x21, 1, 3, 'g', 'e', 't', 0}, "compact"},
		{"a call that is not strict", append([]byte{0, 0, 0, 3}, "get\x01\x00\x00\x00\x01\x00"...), "not strict"},
		{"a greeting", []byte("SSH-2.0-OpenSSH_9.2\r\n"), "53 53 48"},
		{"zeros", make([]byte, 64), "00 00"},
		{"a streaming frame", header{flags: 2}.frame([]byte{0}), "streaming"},
		{"a frame for the compact protocol", func() []byte {
			b := header{}.frame(message(typeCall, "get", 1, text(1, "k")))
			b[14] = 2
			return b
		}(), "protocol"},
		{"a message without an end to its strings", framed(append(message(typeCall, "get", 1, nil), 11, 0, 1, 0x7f, 0xff, 0xff, 0xff)), ""},
		{"a frame with a malformed envelope", framed([]byte{0x80, 1, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0}), "length"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			log := new(logbook)
			s := newServer(t, handler{}, log.option())
			pair := volothrifttest.Serve(t, s)
			p := newPeer(t, pair)
			p.send(tt.sent)
			if tt.want == "" {
				// A well-framed message that cannot be decoded harms nobody.
				p.receiveFrame()
				p.send(dialects[1].request)
				dialects[1].check(p)
				return
			}
			p.expectEnd()
			mustGet(t, dial(t, pair), "others are served")
			s.Close()
			lines := log.lines()
			if len(lines) != 1 || !strings.Contains(lines[0], tt.want) || !strings.Contains(lines[0], "peer=memory") {
				t.Errorf("the log says %q; want one line with the peer and %q", lines, tt.want)
			}
		})
	}
}

func TestServerIsSilentAboutPeersThatSayNothing(t *testing.T) {
	for what, sent := range map[string][]byte{
		"nothing":           nil,
		"half a request":    dialects[1].request[:10],
		"a request":         dialects[1].request,
		"two bytes":         {0, 0},
		"half a TTHeader":   dialects[2].request[:20],
		"half an unframed":  dialects[0].request[:20],
		"a oneway unframed": message(typeOneway, "note", 1, text(1, "k")),
	} {
		t.Run(what, func(t *testing.T) {
			log := new(logbook)
			s := newServer(t, handler{}, log.option())
			pair := volothrifttest.Serve(t, s)
			p := newPeer(t, pair)
			p.send(sent)
			p.Close()
			s.Shutdown(t.Context())
			if lines := log.lines(); len(lines) > 0 {
				t.Errorf("the log says %q", lines)
			}
		})
	}
}

func TestServerAnswersInTheNameOfTheMethod(t *testing.T) {
	p := newPeer(t, serve(t, handler{}))
	for _, tt := range []struct {
		what     string
		typ      byte
		method   string
		answerTo string
		want     string // in the exception
	}{
		{"an unknown method", typeCall, "steal", "steal", "no service has a method"},
		{"an unknown method of a service", typeCall, "Store:steal", "steal", "no method"},
		{"a method of an unknown service", typeCall, "Shop:steal", "steal", "no service Shop"},
		{"a reply", typeReply, "get", "get", "want a call"},
		{"an exception", typeException, "get", "get", "want a call"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			p.t = t
			p.send(framed(message(tt.typ, tt.method, 5, text(1, "k"))))
			got := p.receiveFrame()[4:]
			begin := message(typeException, tt.answerTo, 5, nil)
			if !bytes.HasPrefix(got, begin) || !bytes.Contains(got, []byte(tt.want)) {
				t.Errorf("got %q; want it to begin with %q and to contain %q", got, begin, tt.want)
			}
		})
	}
}

func TestServerNeverAnswersAOnewayCall(t *testing.T) {
	malformed := []byte{11, 0, 1, 0x7f, 0xff, 0xff, 0xff}
	pair := serve(t, handler{note: func(_ context.Context, text string) error {
		if text == "panic" {
			panic(text)
		}
		return errors.New("no")
	}})
	for _, tt := range []struct {
		what    string
		request []byte
	}{
		{"oneway", message(typeOneway, "note", 1, text(1, "k"))},
		{"oneway, sent as a call", message(typeCall, "note", 1, text(1, "k"))},
		{"oneway, malformed", message(typeOneway, "note", 1, malformed)},
		{"oneway, malformed, sent as a call", message(typeCall, "note", 1, malformed)},
		{"oneway that panics", message(typeCall, "note", 1, text(1, "panic"))},
		{"oneway of an unknown method", message(typeOneway, "steal", 1, text(1, "k"))},
		{"a method that answers, sent oneway", message(typeOneway, "get", 1, text(1, "k"))},
	} {
		t.Run(tt.what, func(t *testing.T) {
			p := newPeer(t, pair)
			p.send(framed(tt.request), dialects[1].request)
			dialects[1].check(p)
			p.send(header{seq: 3}.frame(tt.request), dialects[2].request)
			dialects[2].check(p)
		})
	}
}
