package http2_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	"golang.org/x/net/http2/hpack"
)

// both is a list of fields as our encoder and others' decoders have it.
func fieldsOf(k *http2.Block, more ...http2.Field) (want []hpack.HeaderField) {
	for _, f := range append(slices.Clone(k.Fields), more...) {
		want = append(want, hpack.HeaderField{Name: f.Name, Value: f.Value})
	}
	return want
}

func block(fields ...string) *http2.Block {
	k := new(http2.Block)
	for i := 0; i < len(fields); i += 2 {
		k.Fields = append(k.Fields, http2.Field{Name: fields[i], Value: fields[i+1]})
	}
	return k
}

func TestBlocksAreUnderstood(t *testing.T) {
	long := strings.Repeat("long", 300)
	tests := []struct {
		name   string
		block  *http2.Block
		fields []http2.Field
	}{
		{"nothing", block(), nil},
		{"a request", req, []http2.Field{{Name: "grpc-timeout", Value: "1S"}}},
		{"a response", head, nil},
		{"trailers", tail, []http2.Field{{Name: "grpc-message", Value: ""}}},
		{"static fields", block(":method", "POST", ":path", "/", ":scheme", "https", ":status", "200"), nil},
		{"static names", block(":method", "GET", ":status", "431", "user-agent", "x", "content-type", "y", ":authority", "z"), nil},
		{"an empty value", block("x", ""), []http2.Field{{Name: "y", Value: ""}}},
		{"values longer than a byte tells", block("x", long), []http2.Field{{Name: "y", Value: long}}},
		{"a value larger than the table", block("x", strings.Repeat(long, 10)), nil},
		{"bytes that Huffman makes longer", block("x", strings.Repeat("\xff\xfe", 40)), nil},
		{"the same field twice", block("x", "1", "x", "1"), []http2.Field{{Name: "x", Value: "1"}}},
	}
	enc := http2.NewTestEncoder()
	theirs := hpack.NewDecoder(4096, nil)
	ours := http2.NewTestDecoder(1 << 20)
	for round := range 3 {
		for _, test := range tests {
			t.Run(fmt.Sprint(test.name, round), func(t *testing.T) {
				b := enc.Block(test.block, test.fields...)
				want := fieldsOf(test.block, test.fields...)
				got, err := theirs.DecodeFull(b)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("x/net: got %v (%v), want %v", got, err, want)
				}
				mine, over, err := ours.Decode(b)
				if err != nil || over || !slices.Equal(mine, want) {
					t.Errorf("ours: got %v (%v, over %v), want %v", mine, err, over, want)
				}
			})
		}
	}
}

func TestAKnownBlockTakesAByteOrTwoAField(t *testing.T) {
	enc := http2.NewTestEncoder()
	enc.Block(req)
	if got := len(enc.Block(req)); got > 2*len(req.Fields) {
		t.Errorf("got %d bytes for %d fields, want at most %d", got, len(req.Fields), 2*len(req.Fields))
	}
	var b []byte
	if n := testing.AllocsPerRun(100, func() { b = enc.Append(b[:0], req) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func TestManyBlocksNeverEvict(t *testing.T) {
	enc := http2.NewTestEncoder()
	dec := hpack.NewDecoder(4096, nil)
	var blocks []*http2.Block
	for i := range 5000 {
		blocks = append(blocks, block(":method", "POST", ":path", fmt.Sprint("/service/Method", i), "content-type", "application/grpc"))
	}
	for range 2 {
		for _, k := range blocks {
			got, err := dec.DecodeFull(enc.Block(k))
			if want := fieldsOf(k); err != nil || !slices.Equal(got, want) {
				t.Fatalf("got %v (%v), want %v", got, err, want)
			}
		}
	}
}

func TestTableSizeChanges(t *testing.T) {
	enc := http2.NewTestEncoder()
	dec := hpack.NewDecoder(4096, nil)
	for i, limit := range []uint32{4096, 0, 0, 100, 4096, 1 << 20, 57, 4096} {
		enc.SetLimit(limit)
		dec.SetAllowedMaxDynamicTableSize(min(limit, 4096))
		for _, k := range []*http2.Block{req, head, tail, req} {
			got, err := dec.DecodeFull(enc.Block(k))
			if want := fieldsOf(k); err != nil || !slices.Equal(got, want) {
				t.Fatalf("change %d to %d: got %v (%v), want %v", i, limit, got, err, want)
			}
		}
	}
	// Several changes before a block: the smallest one must be told as well.
	enc.SetLimit(0)
	enc.SetLimit(4096)
	if b := enc.Block(req); len(b) < 2 || b[0] != 0x20 {
		t.Errorf("got % x, want a size update to 0 first", b)
	}
}

func TestTheirBlocksAreUnderstood(t *testing.T) {
	var wire bytes.Buffer
	enc := hpack.NewEncoder(&wire)
	dec := http2.NewTestDecoder(64 << 10)
	for round := range 200 {
		if round%50 == 49 {
			enc.SetMaxDynamicTableSize(uint32(round * 20))
		}
		want := []hpack.HeaderField{
			{Name: ":path", Value: fmt.Sprint("/a/b", round%7)},
			{Name: "grpc-timeout", Value: fmt.Sprint(round, "m")},
			{Name: "authorization", Value: "secret", Sensitive: true},
			{Name: "x-long", Value: strings.Repeat("v", round*10)},
		}
		wire.Reset()
		for _, f := range want {
			if err := enc.WriteField(f); err != nil {
				t.Fatal(err)
			}
		}
		got, over, err := dec.Decode(wire.Bytes())
		if err != nil || over || !slices.Equal(got, want) {
			t.Fatalf("round %d: got %v (%v, over %v), want %v", round, got, err, over, want)
		}
	}
}

func TestTheLimitOfAListIsExact(t *testing.T) {
	const limit = 1000
	for _, test := range []struct {
		name string
		size int
		over bool
	}{{"below", limit - 1, false}, {"at", limit, false}, {"above", limit + 1, true}, {"far above", 50 * limit, true}} {
		t.Run(test.name, func(t *testing.T) {
			dec := http2.NewTestDecoder(limit)
			enc := http2.NewTestEncoder()
			k := block("x", strings.Repeat("v", test.size-1-32))
			_, over, err := dec.Decode(enc.Block(k))
			if err != nil || over != test.over {
				t.Errorf("got over %v, error %v; want %v", over, err, test.over)
			}
			// The table is in step afterwards.
			got, over, err := dec.Decode(enc.Block(head))
			if err != nil || over || !slices.Equal(got, fieldsOf(head)) {
				t.Errorf("next block: got %v (%v, over %v)", got, err, over)
			}
		})
	}
}

func TestBlocksThatAreNone(t *testing.T) {
	for _, test := range []struct {
		name  string
		block []byte
	}{
		{"an index beyond the tables", []byte{0xff, 0xff, 0x0f}},
		{"index 0", []byte{0x80}},
		{"a string cut short", []byte{0x40, 0x05, 'a'}},
		{"an integer without end", bytes.Repeat([]byte{0xff}, 30)},
		{"a table larger than we allow", []byte{0x3f, 0xe2, 0x1f}},
		{"a table size that comes late", []byte{0x40, 1, 'a', 1, 'b', 0x20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dec := http2.NewTestDecoder(1 << 16)
			if got, _, err := dec.Decode(test.block); err == nil {
				t.Errorf("got %v, want an error", got)
			}
		})
	}
}

func TestFieldsThatAreNotAllowed(t *testing.T) {
	for _, test := range []struct {
		name, value string
		ok          bool
	}{
		{"x-custom", "value", true}, {"te", "trailers", true}, {"x", "", true}, {"x", "\xff obs", true},
		{"X-Custom", "v", false}, {"", "v", false}, {"a b", "v", false}, {"x\x80", "v", false},
		{"x", "a\nb", false}, {"x", "a\x00b", false}, {"connection", "close", false}, {"te", "gzip", false},
		{"transfer-encoding", "chunked", false}, {"upgrade", "h2c", false}, {"keep-alive", "1", false}, {"proxy-connection", "x", false},
	} {
		if bad := http2.CheckField(test.name, test.value); (bad == "") != test.ok {
			t.Errorf("%q: %q: got %q, want fine: %v", test.name, test.value, bad, test.ok)
		}
	}
}

// The same bytes mean something else once the table has changed.
func TestAKnownBlockIsForgottenWithTheTable(t *testing.T) {
	const newest = "\xbe" // the newest entry of the table
	literal := func(name, value string) string {
		return "\x40" + string(rune(len(name))) + name + string(rune(len(value))) + value
	}
	d := http2.NewTestDecoder(1 << 20)
	decode := func(block string) string {
		fields, _, err := d.Decode([]byte(block))
		if err != nil {
			t.Fatalf("% x: %v", block, err)
		}
		return fmt.Sprint(fields)
	}
	for round := range 50 {
		value := fmt.Sprint(round)
		decode(literal("x", value))
		want := decode(newest)
		if !strings.Contains(want, `"`+value+`"`) {
			t.Fatalf("round %d: the newest field is %s", round, want)
		}
		decode("\x10\x01y\x01z") // never indexed: the table stays as it is
		for range 3 {
			if got := decode(newest); got != want {
				t.Errorf("round %d: got %s, want %s", round, got, want)
			}
		}
		decode("\x20\x3f\xe1\x1f") // the table is emptied
		if _, _, err := d.Decode([]byte(newest)); err == nil {
			t.Errorf("round %d: a field was found in an empty table", round)
		}
		d = http2.NewTestDecoder(1 << 20)
	}
}

func TestAKnownBlockIsDecodedForNothing(t *testing.T) {
	d := http2.NewTestDecoder(1 << 20)
	enc := http2.NewTestEncoder()
	d.Decode(enc.Block(req))
	again := enc.Block(req)
	d.Decode(again)
	if n := testing.AllocsPerRun(100, func() { d.Decode(again) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}
