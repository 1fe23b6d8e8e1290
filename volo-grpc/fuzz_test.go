package vologrpc

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// These tests are inside the package: what they are about is not exported.

func TestTimeouts(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{1, "1n"},
		{99999999, "99999999n"},
		{100000000, "100000u"},
		{time.Second, "1000000u"},
		{time.Second + 1, "1000001u"}, // never less time than there is
		{100 * time.Second, "100000m"},
		{99999999 * time.Second, "99999999S"},
		{100000000 * time.Second, "1666667M"},
		{1<<63 - 1, "2562048H"},
	} {
		got := formatTimeout(tt.d)
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.d, got, tt.want)
		}
		back, ok, err := parseTimeout(got)
		if err != nil || ok && back < tt.d {
			t.Errorf("%q: got %v, %t and %v", got, back, ok, err)
		}
	}
	for _, bad := range []string{"", "1", "S", "1s", "-1S", "+1S", "1.5S", "123456789S", " 1S", "1 S", "1Sx"} {
		if d, _, err := parseTimeout(bad); err == nil {
			t.Errorf("%q: got %v, want an error", bad, d)
		}
	}
	if d, ok, err := parseTimeout("99999999H"); ok || err != nil {
		t.Errorf("more than a Duration holds: got %v, %t and %v", d, ok, err)
	}
}

func TestCoarseTimeouts(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	for _, tt := range []struct{ d, want time.Duration }{
		{1, 1},
		{4999, 4999},
		{5001, 5010}, // never less time than there is
		{49_991, 50_000},
		{99*ms + 999_001, 100 * ms},
		{s, s},
		{s - 1, s},
		{s + 1, s + ms},
		{time.Minute - 300, time.Minute},
		{time.Minute + 1, time.Minute + 100*ms},
		{1000*time.Hour - 1, 1000 * time.Hour},
		{1000*time.Hour + 1, 1000*time.Hour + 100*ms}, // no coarser than that
		{math.MaxInt64, math.MaxInt64},
	} {
		if got := coarse(tt.d); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.d, got, tt.want)
		}
	}
}

// TestRequestsThatCredentialsSeeServeNoOtherCall says so of the client and of the
// call that have them.
func TestRequestsThatCredentialsSeeServeNoOtherCall(t *testing.T) {
	some := CredentialsFunc(func(context.Context, *Request) (Metadata, error) { return nil, nil })
	for _, tt := range []struct {
		what   string
		client []ClientOption
		call   []CallOption
		want   bool
	}{
		{"none", nil, nil, true},
		{"the client's", []ClientOption{WithCredentials(some)}, nil, false},
		{"the call's", nil, []CallOption{CallCredentials(some)}, false},
	} {
		c, err := NewClient("shop.invalid:1", tt.client...)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.With(tt.call...).private(); got != tt.want {
			t.Errorf("%s: requests are used again: %v, want %v", tt.what, got, tt.want)
		}
		c.Close()
	}
}

func FuzzParseTimeout(f *testing.F) {
	for _, s := range []string{"1n", "99999999H", "0S", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok, err := parseTimeout(s)
		if err != nil || !ok || d == 0 {
			return
		}
		if d < 0 {
			t.Fatalf("%q is %v", s, d)
		}
		again, _, err := parseTimeout(formatTimeout(d))
		if err != nil || again < d || again > d+d/1000000+1 {
			t.Fatalf("%q: got %v, then %v and %v", s, d, again, err)
		}
	})
}

func FuzzMessageEscapes(f *testing.F) {
	for _, s := range []string{"", "plain", "100%", "%41%zz%4", "ü\n\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := escape(s)
		if !printable(e) {
			t.Fatalf("%q escapes to %q", s, e)
		}
		if got, want := unescape(e), strings.ToValidUTF8(s, "\uFFFD"); got != want {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
		if got := unescape(s); !utf8.ValidString(got) && utf8.ValidString(s) {
			t.Fatalf("%q unescapes to %q", s, got)
		}
	})
}

func FuzzParseDetails(f *testing.F) {
	good, err := Errorf(NotFound, "no").WithDetails().appendDetails(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		details, err := parseDetails(b)
		if err != nil {
			return
		}
		again, err := (&Error{Details: details}).appendDetails(nil)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseDetails(again); err != nil || len(back) != len(details) {
			t.Fatalf("got %d details, then %d and %v", len(details), len(back), err)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add("x-a", "b")
	f.Add("x-a-bin", "AAEC")
	f.Add("x-a-bin", "AA==,AAEC")
	f.Add("grpc-x", "")
	f.Fuzz(func(t *testing.T, name, value string) {
		m, err := readMetadata([]http2.Field{{Name: name, Value: value}})
		if err != nil {
			return
		}
		fields, err := appendMetadata(nil, m)
		if err != nil {
			return // more may be received than sent
		}
		back, err := readMetadata(fields)
		if err != nil || len(back) != len(m) {
			t.Fatalf("%q: got %q, then %q and %v", fields, m, back, err)
		}
		for i := range m {
			if m[i] != back[i] {
				t.Fatalf("got %q, then %q", m, back)
			}
		}
	})
}

func FuzzDecompress(f *testing.F) {
	for _, c := range []Compressor{Gzip, Deflate} {
		packed, err := c.Compress(nil, bytes.Repeat([]byte("volo"), 1000))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1000
		for _, c := range []Compressor{Gzip, Deflate} {
			got, err := c.Decompress(b, limit)
			if err == nil && len(got) > limit+1 {
				t.Fatalf("%s: got %d bytes", c.Name(), len(got))
			}
		}
	})
}

func FuzzStatusOfEnd(f *testing.F) {
	f.Add("200", "application/grpc", "0", "")
	f.Add("503", "text/html", "", "")
	f.Add("200", "application/grpc+proto", "5", "%E6%97%A5")
	f.Fuzz(func(t *testing.T, status, contentType, grpcStatus, message string) {
		e := statusOfEnd(http2.Head{Status: status, ContentType: contentType},
			http2.Tail{Status: grpcStatus, Message: message, Fields: []http2.Field{{Name: "grpc-status-details-bin", Value: message}}})
		if e != nil && e.Code == OK {
			t.Fatalf("an error that is OK: %v", e)
		}
	})
}

func TestContextsOfCallsThatAreOver(t *testing.T) {
	req := &Request{parent: context.Background()}
	req.Info.Deadline = time.Now().Add(time.Hour)
	ctx := (*callContext)(req)
	if ctx.Err() != nil {
		t.Errorf("before: got %v", ctx.Err())
	}
	ctx.finish()
	if ctx.Err() != context.Canceled {
		t.Errorf("after: got %v, want Canceled", ctx.Err())
	}
	select {
	case <-ctx.Done():
	default:
		t.Error("after: not done")
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"localhost:1", "dns:///a.invalid", "dns:a.invalid:https", "unix:a", "unix:///a/b", "unix-abstract:a",
		"passthrough:///[::1]:1", "[::1]:1", ":", "dns:", "dns:////", "dns://server/name"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTarget(s)
		if err == nil && got.address.IsZero() == (got.name == "") {
			t.Errorf("%q: got the address %v and the name %q, want one of them", s, got.address, got.name)
		}
	})
}
