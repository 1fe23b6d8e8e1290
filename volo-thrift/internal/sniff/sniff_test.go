package sniff_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/sniff"
)

// in returns text as it is, or the bytes of groups of hex digits behind "0x".
func in(t testing.TB, s string) []byte {
	t.Helper()
	digits, found := strings.CutPrefix(s, "0x")
	if !found {
		return []byte(s)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const clientHello = "a TLS ClientHello; this listener does not speak TLS"

func TestDetect(t *testing.T) {
	tests := []struct {
		name, in string
		dialect  sniff.Dialect
		what     string // of the error; "?" for an unrecognised one
	}{
		{"a framed call", "0x0000002c 80010001 00000004", sniff.Framed, ""},
		{"a framed call of 1 GiB", "0x3fffffff 80010001", sniff.Framed, ""},
		{"an unframed call", "0x80010001 00000004 6563686f", sniff.Unframed, ""},
		{"an unframed call with a nameless method", "0x80010004 00000000", sniff.Unframed, ""},
		{"a TTHeader frame", "0x00000042 10000000 0000002a", sniff.TTHeader, ""},
		{"a TTHeader frame of a multiplexed connection", "0x00000042 10000001 0000002a", sniff.TTHeader, ""},
		{"a TTHeader frame with flags we do not know", "0x00000042 1000fffd 0000002a", sniff.TTHeader, ""},
		{"a TTHeader stream", "0x00000042 10000002 00000001", 0, "a TTHeader streaming frame"},
		{"a TTHeader stream with other flags", "0x00000042 1000ffff 00000001", 0, "a TTHeader streaming frame"},

		{"a browser", "GET / HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"an HTTP client that posts", "POST /echo HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"an HTTP PUT", "PUT /x HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"a load balancer's probe", "HEAD / HTTP/1.0\r\n", 0, "an HTTP/1.1 request"},
		{"an HTTP DELETE", "DELETE /x HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"an HTTP OPTIONS", "OPTIONS * HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"an HTTP PATCH", "PATCH /x HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"a proxy's CONNECT", "CONNECT a:1 HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"an HTTP TRACE", "TRACE / HTTP/1.1\r\n", 0, "an HTTP/1.1 request"},
		{"a gRPC client", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, "an HTTP/2 preface"},
		{"an HTTP server", "HTTP/1.1 400 Bad Request\r\n", 0, "an HTTP/1.1 response"},
		{"a TLS 1.0 record with a ClientHello", "0x160301 0200 01 0001fc", 0, clientHello},
		{"a TLS 1.2 record with a ClientHello", "0x160303 00f1 01 0000ed", 0, clientHello},
		{"a ClientHello whose length looks like the version of a message", "0x160301 0180 01 00017c", 0, clientHello},
		{"a ClientHello whose length looks like the magic of TTHeader", "0x160301 0110 01 00010c", 0, clientHello},
		{"a framed call as long as a ClientHello looks", "0x16030102 80010001", 0, clientHello},
		{"a framed call a little longer than that", "0x16030541 80010001", sniff.Framed, ""},
		{"a PROXY header in text", "PROXY TCP4 10.0.0.1 ", 0, "a PROXY protocol header"},
		{"a PROXY header in binary", "\r\n\r\n\x00\r\nQUIT\n", 0, "a PROXY protocol header"},

		{"Apache THeader", "0x0000002c 0fff0000", 0, "the Apache THeader protocol"},
		{"compact, unframed", "0x8221 0104 6563686f", 0, "the Thrift compact protocol, unframed"},
		{"compact, framed", "0x00000010 8221 0104 6563", 0, "the Thrift compact protocol, framed"},
		{"compact, framed, an exception", "0x00000010 8261 0104 6563", 0, "the Thrift compact protocol, framed"},
		{"JSON, unframed", `[1,"echo",1,1,{}]`, 0, "the Thrift JSON protocol"},
		{"JSON, framed", "\x00\x00\x00\x11" + `[1,"echo",1,1,{}]`, 0, "the Thrift JSON protocol, framed"},
		{"not strict, unframed", "0x00000004 6563686f 01 00000001", 0, "the Thrift binary protocol without a version (not strict)"},
		{"not strict, unframed, a short name", "0x00000001 5f 01 00000001", 0, "the Thrift binary protocol without a version (not strict)"},
		{"not strict, framed", "0x00000012 00000004 6563686f", 0, "the Thrift binary protocol without a version (not strict), framed"},
		{"another version of the binary protocol", "0x80020001 00000004", 0, "the Thrift binary protocol in an unknown version"},
		{"Kitex Protobuf, framed", "0x0000002c 90010001", 0, "the Kitex Protobuf protocol, framed"},
		{"Kitex Protobuf, unframed", "0x90010001 00000004", 0, "the Kitex Protobuf protocol, unframed"},
		{"a mesh header", "0xffaf0010 00010000", 0, "a mesh header"},

		{"zeros", "0x00000000 00000000", 0, "?"},
		{"ones", "0xffffffff ffffffff", 0, "?"},
		{"a negative length", "0x81000000 80010001", 0, "?"},
		{"a length above 1 GiB", "0x40000000 80010001", 0, "?"},
		{"an SSH client", "SSH-2.0-OpenSSH", 0, "?"},
		{"a length and nonsense", "0x00000020 deadbeef", 0, "?"},
		{"lower-case http", "get / http/1.1", 0, "?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := in(t, tt.in)
			d, need, err := sniff.Detect(b)
			if d != tt.dialect || need != 0 {
				t.Errorf("got %v, need %d, want %v, 0", d, need, tt.dialect)
			}
			checkError(t, b, err, tt.what)
			// More bytes change nothing; fewer lead to the same, sooner or later.
			if more, _, _ := sniff.Detect(append(b, "more"...)); more != d {
				t.Errorf("with more bytes: got %v, want %v", more, d)
			}
			for n := range len(b) {
				d, need, err := sniff.Detect(b[:n])
				switch {
				case need != 0:
					if d != sniff.Undecided || err != nil || need <= n || need > sniff.Enough {
						t.Errorf("with %d bytes: got %v, %d, %v, want undecided and a need", n, d, need, err)
					}
				case d != tt.dialect:
					t.Errorf("with %d bytes: got %v, want %v", n, d, tt.dialect)
				default:
					checkError(t, b[:n], err, tt.what)
				}
			}
		})
	}
}

// checkError: what "" wants none, "?" one that names nothing.
func checkError(t *testing.T, b []byte, err error, what string) {
	t.Helper()
	var unknown *sniff.UnknownError
	if what == "" {
		if err != nil {
			t.Errorf("got error %v, want none", err)
		}
		return
	}
	if !errors.As(err, &unknown) {
		t.Errorf("got error %v, want an UnknownError", err)
		return
	}
	if got := unknown.What; got != what && (got != "" || what != "?") {
		t.Errorf("got %q, want %q", got, what)
	}
	if want := b[:min(len(b), 8)]; string(unknown.First) != string(want) {
		t.Errorf("got first bytes % x, want % x", unknown.First, want)
	}
}

func TestErrorsSayWhatItWas(t *testing.T) {
	for in, want := range map[string]string{
		"GET / HTTP/1.1":   "peer does not speak a known Thrift dialect: it sent an HTTP/1.1 request (47 45 54 20 2f 20 48 54)",
		"SSH-2.0":          "peer does not speak a known Thrift dialect: it sent 53 53 48 2d 32 2e 30",
		"\x00\x00\x00\x20": "",
	} {
		_, _, err := sniff.Detect([]byte(in))
		if got := message(err); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The error is logged after the buffer it came from has been reused.
func TestAnErrorKeepsNothingOfTheBuffer(t *testing.T) {
	b := []byte("GET / HTTP/1.1")
	_, _, err := sniff.Detect(b)
	before := err.Error()
	clear(b)
	if got := err.Error(); got != before {
		t.Errorf("got %q, want %q", got, before)
	}
}

func TestDialectNames(t *testing.T) {
	for d, want := range map[sniff.Dialect]string{
		sniff.Undecided: "undecided", sniff.Framed: "framed", sniff.Unframed: "unframed",
		sniff.TTHeader: "ttheader", sniff.TTHeaderFramed: "ttheader-framed", 9: "dialect 9",
	} {
		if got := d.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDetectDoesNotAllocate(t *testing.T) {
	b := in(t, "0x0000002c 80010001 00000004")
	if n := testing.AllocsPerRun(100, func() { sniff.Detect(b) }); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

// FuzzDetect: one of three outcomes, always, and decided by 8 bytes at most.
func FuzzDetect(f *testing.F) {
	f.Add(in(f, "0x0000002c 80010001 00000004"))
	f.Add([]byte("GET / HTTP/1.1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, need, err := sniff.Detect(b)
		outcomes := 0
		for _, is := range []bool{d != sniff.Undecided, need > len(b), err != nil} {
			if is {
				outcomes++
			}
		}
		if outcomes != 1 || len(b) >= sniff.Enough && need != 0 || need > sniff.Enough {
			t.Fatalf("got %v, %d, %v", d, need, err)
		}
		if d == sniff.TTHeaderFramed {
			t.Fatal("decided what only the payload can tell")
		}
		if len(b) > sniff.Enough {
			if first, _, _ := sniff.Detect(b[:sniff.Enough]); first != d {
				t.Fatalf("got %v from the first bytes, %v from all", first, d)
			}
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	call := in(b, "0x0000002c 80010001 00000004")
	for b.Loop() {
		sniff.Detect(call)
	}
}
