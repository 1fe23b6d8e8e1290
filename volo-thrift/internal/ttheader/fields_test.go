package ttheader_test

import (
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

func TestLookupsReturnTheLastOfSeveral(t *testing.T) {
	h, _, err := ttheader.Parse(unhex(t, twoSections))
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := h.Int(ttheader.MsgType); string(v) != "3" || !ok {
		t.Errorf("got %q, %v, want 3, true", v, ok)
	}
	if v, ok := h.Int(ttheader.LogID); v != nil || ok {
		t.Errorf("got %q, %v for a missing int", v, ok)
	}
	if v, ok := h.String(ttheader.KeyService); v != nil || ok {
		t.Errorf("got %q, %v for a missing string", v, ok)
	}
	h, _, err = ttheader.Parse(unhex(t, kitexCall))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"isn": "Echo", "k": "", ttheader.KeyACLToken: "abc"} {
		if v, ok := h.String(key); string(v) != want || !ok {
			t.Errorf("%s: got %q, %v, want %q, true", key, v, ok, want)
		}
	}
}

func TestAZeroHeaderHasNoFields(t *testing.T) {
	var h ttheader.Header
	if got := fields(&h); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestIterationStopsWhenTold(t *testing.T) {
	h, _, err := ttheader.Parse(unhex(t, kitexCall))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range h.Ints {
		n++
		break
	}
	for range h.Strings { // stops at the token
		n++
		break
	}
	for k := range h.Strings { // stops behind it
		if n++; string(k) == "isn" {
			break
		}
	}
	if n != 4 {
		t.Errorf("got %d iterations, want 4", n)
	}
}

func TestIntNames(t *testing.T) {
	for id, want := range map[uint16]string{
		ttheader.MeshVersion: "MeshVersion", ttheader.FromService: "FromService", ttheader.ToMethod: "ToMethod",
		ttheader.RPCTimeout: "RPCTimeout", ttheader.ConnectTimeout: "ConnectTimeout", ttheader.MsgType: "MsgType",
		ttheader.FrameType: "FrameType", 28: "", 65535: "",
	} {
		if got := ttheader.IntName(id); got != want {
			t.Errorf("%d: got %q, want %q", id, got, want)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, tt := range []struct {
		in string
		n  int64
		ok bool
	}{
		{"0", 0, true}, {"1", 1, true}, {"007", 7, true}, {"-12", -12, true}, {"-0", 0, true},
		{"9223372036854775807", 1<<63 - 1, true}, {"9223372036854775808", 0, false}, {"-9223372036854775808", -1 << 63, true},
		{"-9223372036854775809", 0, false}, {"10000000000000000000", 0, false},
		{"", 0, false}, {"-", 0, false}, {"+1", 0, false}, {" 1", 0, false}, {"1 ", 0, false}, {"1.5", 0, false},
		{"0x10", 0, false}, {"--1", 0, false}, {"\x02", 0, false}, {"９", 0, false},
	} {
		if n, ok := ttheader.Decimal([]byte(tt.in)); ok != tt.ok || ok && n != tt.n {
			t.Errorf("%q: got %d, %v, want %d, %v", tt.in, n, ok, tt.n, tt.ok)
		}
	}
}
