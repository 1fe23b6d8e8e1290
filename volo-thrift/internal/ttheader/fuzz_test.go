package ttheader_test

import (
	"bytes"
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// FuzzParse: no panic, everything within the frame, and what was parsed comes
// out the same when it is written and parsed again.
func FuzzParse(f *testing.F) {
	f.Add(unhex(f, kitexCall))
	f.Add(unhex(f, twoSections))
	f.Add(unhex(f, emptyHeader))
	f.Add(unhex(f, `00000020 1000 0018 00000001 0005 00 00 10 0001 0001 0001 78 77 0003 616263 00000000 cafe`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		size, err := ttheader.FrameSize(frame, 1<<20)
		if err == nil && size > 1<<20 {
			t.Fatalf("size %d above the limit", size)
		}
		before := bytes.Clone(frame)
		h, payload, err := ttheader.Parse(frame)
		if err != nil {
			return
		}
		if h.Length != len(frame) || len(payload) > len(frame)-16 {
			t.Fatalf("length %d, payload %d of a frame of %d bytes", h.Length, len(payload), len(frame))
		}
		again := rewrite(t, &h, payload)
		h2, payload2, err := ttheader.Parse(again)
		if err != nil {
			t.Fatalf("what we wrote: %v", err)
		}
		if h2.Flags != h.Flags || h2.SeqID != h.SeqID || h2.Protocol != h.Protocol || !bytes.Equal(payload, payload2) {
			t.Fatalf("got %+v %x, want %+v %x", h2, payload2, h, payload)
		}
		if got, want := fields(&h2), fields(&h); got != want {
			t.Fatalf("got fields %q, want %q", got, want)
		}
		if !bytes.Equal(frame, before) {
			t.Fatal("the frame was changed")
		}
	})
}

func rewrite(t *testing.T, h *ttheader.Header, payload []byte) []byte {
	var a ttheader.Appender
	b := a.Begin(nil, h.Flags, h.SeqID, h.Protocol)
	for id, v := range h.Ints {
		b = a.Int(b, id, string(v))
	}
	for k, v := range h.Strings {
		if string(k) == ttheader.KeyACLToken {
			b = a.ACLToken(b, string(v))
		} else {
			b = a.String(b, string(k), string(v))
		}
	}
	b, err := a.EndHeader(b)
	if err != nil {
		t.Fatal(err) // no section we write is longer than those that were read
	}
	if b, err = a.End(append(b, payload...)); err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzAppend: what was written is what is parsed.
func FuzzAppend(f *testing.F) {
	f.Add(uint16(1), int32(7), uint16(9), "echo", "isn", "Echo", []byte("payload"), int64(1500))
	f.Add(uint16(0), int32(-1), uint16(0), "", "", "", []byte{}, int64(-1))
	f.Fuzz(func(t *testing.T, flags uint16, seq int32, id uint16, value, key, text string, payload []byte, n int64) {
		var tmpl ttheader.Template
		tmpl.String(key, text)
		tmpl.Int(id, value)
		var a ttheader.Appender
		b := a.Begin(nil, flags, seq, ttheader.ProtocolBinary)
		b = a.IntDecimal(b, ttheader.RPCTimeout, n)
		b = a.Template(b, &tmpl)
		b = a.Int(b, id, value)
		b = a.StringPrefixed(b, key, key, text)
		b, err := a.EndHeader(b)
		if err != nil {
			return // fields of the fuzzer that are too long
		}
		if b, err = a.End(append(b, payload...)); err != nil {
			t.Fatal(err)
		}
		h, got, err := ttheader.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if h.Flags != flags || h.SeqID != seq || !bytes.Equal(got, payload) {
			t.Errorf("got %+v %x", h, got)
		}
		var ids []uint16
		for i, v := range h.Ints {
			if ids = append(ids, i); len(ids) == 1 {
				if got, ok := ttheader.Decimal(v); !ok || got != n {
					t.Errorf("got %q, want %d", v, n)
				}
			} else if string(v) != value {
				t.Errorf("got %q, want %q", v, value)
			}
		}
		if len(ids) != 3 || ids[0] != ttheader.RPCTimeout || ids[1] != id || ids[2] != id {
			t.Errorf("got ints %v", ids)
		}
		var keys []string
		for k, v := range h.Strings {
			if keys = append(keys, string(k)); string(v) != text {
				t.Errorf("got %q, want %q", v, text)
			}
		}
		if len(keys) != 2 || keys[0] != key || keys[1] != key+key {
			t.Errorf("got strings %q", keys)
		}
	})
}
