package ttheader_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

func TestAppend(t *testing.T) {
	var template ttheader.Template
	template.Int(ttheader.FromService, "a")
	template.String("isn", "S")
	template.Int(ttheader.ToMethod, "m")
	template.String("k", "")

	tests := []struct {
		name  string
		write func(a *ttheader.Appender, b []byte) []byte
		want  string
	}{
		{"no fields", func(_ *ttheader.Appender, b []byte) []byte { return b },
			`00000010 1000 0003 fffffffe 0001 10 00 0000 beef`},
		{"ints share a section", func(a *ttheader.Appender, b []byte) []byte {
			b = a.Int(b, ttheader.ToMethod, "echo")
			b = a.IntDecimal(b, ttheader.RPCTimeout, 1500)
			return a.IntDecimal(b, ttheader.MsgType, -1)
		}, `00000028 1000 0003 fffffffe 0007 10 00
			10 0003 0009 0004 6563686f 000c 0004 31353030 0016 0002 2d31
			00 beef`},
		{"strings share a section", func(a *ttheader.Appender, b []byte) []byte {
			b = a.String(b, "isn", "S")
			b = a.StringPrefixed(b, "RPC_", "K", "v")
			b = a.StringDecimal(b, "n", math.MinInt64)
			return a.String(b, "", "")
		}, `00000040 1000 0003 fffffffe 000d 10 00
			01 0004 0003 69736e 0001 53  0005 5250435f4b 0001 76
			0001 6e 0014 2d39323233333732303336383534373735383038  0000 0000
			beef`},
		{"every change of kind opens a section", func(a *ttheader.Appender, b []byte) []byte {
			b = a.Int(b, 1, "a")
			b = a.String(b, "b", "c")
			b = a.ACLToken(b, "t")
			b = a.String(b, "d", "e")
			return a.Int(b, 2, "")
		}, `00000034 1000 0003 fffffffe 000a 10 00
			10 0001 0001 0001 61  01 0001 0001 62 0001 63  11 0001 74  01 0001 0001 64 0001 65
			10 0001 0002 0000  00 beef`},
		{"a template, and an int that joins its section", func(a *ttheader.Appender, b []byte) []byte {
			b = a.Template(b, &template)
			return a.Int(b, ttheader.RPCTimeout, "5")
		}, `00000030 1000 0003 fffffffe 0009 10 00
			01 0002 0003 69736e 0001 53  0001 6b 0000
			10 0003 0003 0001 61  0009 0001 6d  000c 0001 35
			beef`},
		{"a template between other fields", func(a *ttheader.Appender, b []byte) []byte {
			b = a.Int(b, 1, "")
			b = a.Template(b, &template)
			return a.String(b, "x", "y")
		}, `0000003c 1000 0003 fffffffe 000c 10 00
			10 0001 0001 0000
			01 0002 0003 69736e 0001 53  0001 6b 0000
			10 0002 0003 0001 61  0009 0001 6d
			01 0001 0001 78 0001 79
			00 beef`},
		{"an empty template", func(a *ttheader.Appender, b []byte) []byte {
			b = a.Int(b, 1, "")
			return a.Template(b, new(ttheader.Template))
		}, `00000018 1000 0003 fffffffe 0003 10 00 10 0001 0001 0000 000000 beef`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a ttheader.Appender
			for range 2 { // an Appender is ready again after End
				b := a.Begin([]byte("before"), ttheader.FlagOutOfOrder|ttheader.FlagStreaming, -2, ttheader.ProtocolThriftStruct)
				b, err := a.EndHeader(tt.write(&a, b))
				if err != nil {
					t.Fatal(err)
				}
				b, err = a.End(append(b, 0xbe, 0xef))
				if err != nil {
					t.Fatal(err)
				}
				got, found := bytes.CutPrefix(b, []byte("before"))
				if want := unhex(t, tt.want); !found || !bytes.Equal(got, want) {
					t.Errorf("got  %x\nwant %x", got, want)
				}
				if _, _, err := ttheader.Parse(got); err != nil {
					t.Errorf("Parse: %v", err)
				}
			}
		})
	}
}

func TestAppendLimits(t *testing.T) {
	long := strings.Repeat("x", ttheader.MaxFieldSize)
	type write = func(a *ttheader.Appender, b []byte) []byte
	tests := []struct {
		name  string
		write write
		err   string // "" if it is accepted
	}{
		{"an int value below the limit", func(a *ttheader.Appender, b []byte) []byte { return a.Int(b, 9, long[1:]) }, ""},
		{"an int value at the limit", func(a *ttheader.Appender, b []byte) []byte { return a.Int(b, 9, long) }, ""},
		{"an int value above the limit", func(a *ttheader.Appender, b []byte) []byte { return a.Int(b, 9, long+"x") },
			"ttheader: value of int 9 (ToMethod) has 65536 bytes, the limit is 65535"},
		{"an unnamed int value above the limit", func(a *ttheader.Appender, b []byte) []byte { return a.Int(b, 99, long+"x") },
			"ttheader: value of int 99 has 65536 bytes, the limit is 65535"},
		{"a string value at the limit", func(a *ttheader.Appender, b []byte) []byte { return a.String(b, "k", long) }, ""},
		{"a string value above the limit", func(a *ttheader.Appender, b []byte) []byte { return a.StringPrefixed(b, "p-", "k", long+"x") },
			`ttheader: value of string "p-k" has 65536 bytes, the limit is 65535`},
		{"a key at the limit", func(a *ttheader.Appender, b []byte) []byte { return a.StringPrefixed(b, "xx", long[2:], "") }, ""},
		{"a key above the limit", func(a *ttheader.Appender, b []byte) []byte { return a.StringPrefixed(b, "xx", long[1:], "") },
			`ttheader: key of string "` + long[:64] + `…" has 65536 bytes, the limit is 65535`},
		{"a decimal's key above the limit", func(a *ttheader.Appender, b []byte) []byte { return a.StringDecimal(b, long+"x", 1) },
			`ttheader: key of string "` + long[:64] + `…" has 65536 bytes, the limit is 65535`},
		{"an ACL token at the limit", func(a *ttheader.Appender, b []byte) []byte { return a.ACLToken(b, long) }, ""},
		{"an ACL token above the limit", func(a *ttheader.Appender, b []byte) []byte { return a.ACLToken(b, long+"x") },
			"ttheader: ACL token has 65536 bytes, the limit is 65535"},
		{"a template's int above the limit", func(a *ttheader.Appender, b []byte) []byte {
			var tmpl ttheader.Template
			tmpl.Int(6, long+"x")
			return a.Template(b, &tmpl)
		}, "ttheader: value of int 6 (ToService) has 65536 bytes, the limit is 65535"},
		{"a template's string above the limit", func(a *ttheader.Appender, b []byte) []byte {
			var tmpl ttheader.Template
			tmpl.String("isn", long+"x")
			return a.Template(b, &tmpl)
		}, `ttheader: value of string "isn" has 65536 bytes, the limit is 65535`},
		{"the first of two faults is reported", func(a *ttheader.Appender, b []byte) []byte {
			return a.Int(a.Int(b, 1, long+"x"), 2, long+"x")
		}, "ttheader: value of int 1 (TransportType) has 65536 bytes, the limit is 65535"},
		// At the limit: 2 + 3 + 3*(4+65535) + 4+65514 = 262140.
		{"a header below the limit", fill(65510), ""},
		{"a header at the limit", fill(65514), ""},
		{"a header above the limit", fill(65515), "ttheader: header has 262144 bytes, the limit is 262140"},
		{"more fields than a count can say", func(a *ttheader.Appender, b []byte) []byte {
			for range 65536 {
				b = a.Int(b, 1, "")
			}
			return b
		}, "ttheader: header has 262152 bytes, the limit is 262140"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a ttheader.Appender
			b, err := a.EndHeader(tt.write(&a, a.Begin([]byte("before"), 0, 1, 0)))
			if tt.err != "" {
				var limit *ttheader.LimitError
				if err == nil || err.Error() != tt.err || !errors.As(err, &limit) {
					t.Errorf("got error %v, want %s", err, tt.err)
				}
				if string(b) != "before" {
					t.Errorf("got a buffer of %d bytes, want the one that Begin got", len(b))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			b, err = a.End(b)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := ttheader.Parse(b[len("before"):]); err != nil {
				t.Errorf("Parse: %v", err)
			}
		})
	}
}

// fill writes ints of 3 full values and one of n bytes.
func fill(n int) func(a *ttheader.Appender, b []byte) []byte {
	full := strings.Repeat("x", ttheader.MaxFieldSize)
	return func(a *ttheader.Appender, b []byte) []byte {
		for range 3 {
			b = a.Int(b, 1, full)
		}
		return a.Int(b, 1, full[:n])
	}
}

func TestTemplateErr(t *testing.T) {
	var template ttheader.Template
	template.Int(1, "a")
	if err := template.Err(); err != nil {
		t.Errorf("got %v", err)
	}
	template.String(strings.Repeat("k", 70000), "")
	var limit *ttheader.LimitError
	if err := template.Err(); !errors.As(err, &limit) || limit.Size != 70000 {
		t.Errorf("got %v, want a LimitError with the size", err)
	}
}

// A template is spliced into many headers at once; run with -race.
func TestATemplateServesManyGoroutines(t *testing.T) {
	var template ttheader.Template
	template.Int(1, "a")
	template.String("isn", "S")
	done := make(chan []byte)
	for range 4 {
		go func() {
			var a ttheader.Appender
			b := a.Template(a.Begin(nil, 0, 1, 0), &template)
			b, _ = a.EndHeader(a.Int(b, 2, "b"))
			b, _ = a.End(b)
			done <- b
		}()
	}
	first := <-done
	for range 3 {
		if b := <-done; !bytes.Equal(b, first) {
			t.Errorf("got %x, want %x", b, first)
		}
	}
}
