package ttheader_test

import (
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// fieldsOfACall writes the header that a client sends in every call.
func fieldsOfACall(a *ttheader.Appender, b []byte) []byte {
	b = a.String(b, ttheader.KeyService, "EchoService")
	b = a.Int(b, ttheader.TransportType, "unframed")
	b = a.Int(b, ttheader.FromService, "bench.client")
	b = a.Int(b, ttheader.ToService, "bench.server")
	b = a.Int(b, ttheader.ToMethod, "Echo")
	return a.Int(b, ttheader.MsgType, "1")
}

func templateOfACall() *ttheader.Template {
	var t ttheader.Template
	t.String(ttheader.KeyService, "EchoService")
	t.Int(ttheader.TransportType, "unframed")
	t.Int(ttheader.FromService, "bench.client")
	t.Int(ttheader.ToService, "bench.server")
	t.Int(ttheader.ToMethod, "Echo")
	t.Int(ttheader.MsgType, "1")
	return &t
}

func appendCall(b []byte, t *ttheader.Template) []byte {
	var a ttheader.Appender
	b = a.Begin(b, ttheader.FlagOutOfOrder, 12345, ttheader.ProtocolBinary)
	if t != nil {
		b = a.Template(b, t)
	} else {
		b = fieldsOfACall(&a, b)
	}
	b = a.IntDecimal(b, ttheader.RPCTimeout, 1500)
	b, err := a.EndHeader(b)
	if err == nil {
		b, err = a.End(b)
	}
	if err != nil {
		panic(err)
	}
	return b
}

func TestATemplateWritesTheSameBytes(t *testing.T) {
	got, want := appendCall(nil, templateOfACall()), appendCall(nil, nil)
	if string(got) != string(want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestAllocations(t *testing.T) {
	buf := make([]byte, 0, 1024)
	tmpl := templateOfACall()
	frame := appendCall(nil, nil)
	reply := func(b []byte) []byte {
		var a ttheader.Appender
		b = a.Begin(b, 0, 1, 0)
		b = a.IntDecimal(b, ttheader.MsgType, 2)
		b = a.StringDecimal(b, ttheader.KeyBizStatus, 100)
		b = a.StringPrefixed(b, "RPC_BACKWARD_", "KEY", "value")
		b, _ = a.EndHeader(b)
		b, _ = a.End(b)
		return b
	}
	for name, f := range map[string]func(){
		"append a call":                 func() { appendCall(buf, nil) },
		"append a call from a template": func() { appendCall(buf, tmpl) },
		"append a reply":                func() { reply(buf) },
		"parse a call":                  func() { parseCall(frame) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: got %v allocations, want none", name, n)
		}
	}
}

var sink int

// parseCall does what a server does with the header of a call.
func parseCall(frame []byte) {
	if size, err := ttheader.FrameSize(frame, 1<<20); size != len(frame) || err != nil {
		panic(err)
	}
	h, payload, err := ttheader.Parse(frame)
	if err != nil {
		panic(err)
	}
	sink += len(payload)
	for id, v := range h.Ints {
		switch id {
		case ttheader.FromService, ttheader.ToMethod:
			sink += len(v)
		case ttheader.RPCTimeout:
			n, _ := ttheader.Decimal(v)
			sink += int(n)
		}
	}
	for k, v := range h.Strings {
		if string(k) == ttheader.KeyService {
			sink += len(v)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	buf := make([]byte, 0, 1024)
	b.Run("fields", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			appendCall(buf, nil)
		}
	})
	tmpl := templateOfACall()
	b.Run("template", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			appendCall(buf, tmpl)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	frame := appendCall(nil, nil)
	b.Run("header", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h, _, _ := ttheader.Parse(frame)
			sink += h.Length
		}
	})
	b.Run("header and fields", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parseCall(frame)
		}
	})
}
