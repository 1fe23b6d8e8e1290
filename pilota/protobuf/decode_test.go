package protobuf_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/testdata/proto/bench"
	"github.com/volo-go/volo/pilota/testdata/proto/edition"
	newer "github.com/volo-go/volo/pilota/testdata/proto/new"
	"github.com/volo-go/volo/pilota/testdata/proto/old"
)

func TestFaultsAreNamedWithPathAndOffset(t *testing.T) {
	const all = "volo.new.All"
	for _, c := range []struct {
		name   string
		into   proto.Message
		wire   string
		err    error
		path   string
		offset int
	}{
		{"a tag that does not end", &newer.All{}, "\x08\x01\x80", protobuf.ErrTruncated, "", 2},
		{"field number zero", &newer.All{}, "\x08\x01\x00\x01", protobuf.ErrInvalidTag, "", 2},
		{"a field number beyond the largest", &newer.All{}, "\x80\x80\x80\x80\x10\x01", protobuf.ErrInvalidTag, "", 0},
		{"wire type six", &newer.All{}, "\x0e\x01", protobuf.ErrInvalidTag, "", 0},
		{"wire type seven", &newer.All{}, "\x0f\x01", protobuf.ErrInvalidTag, "", 0},
		{"no value after a tag", &newer.All{}, "\x10", protobuf.ErrTruncated, all + ".i_int32", 1},
		{"a varint that ends too early", &newer.All{}, "\x10\xff", protobuf.ErrTruncated, all + ".i_int32", 1},
		{"a varint of eleven bytes", &newer.All{}, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", protobuf.ErrInvalidWire, all + ".i_int32", 1},
		{"a varint beyond 64 bits", &newer.All{}, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", protobuf.ErrInvalidWire, all + ".i_int32", 1},
		{"three bytes of a fixed32", &newer.All{}, "\x45\x01\x02\x03", protobuf.ErrTruncated, all + ".i_fixed32", 1},
		{"seven bytes of a double", &newer.All{}, "\x69\x01\x02\x03\x04\x05\x06\x07", protobuf.ErrTruncated, all + ".i_double", 1},
		{"a string longer than the message", &newer.All{}, "\x72\x05abcd", protobuf.ErrTruncated, all + ".i_string", 1},
		{"a length of 2^63", &newer.All{}, "\x72\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", protobuf.ErrTruncated, all + ".i_string", 1},
		{"a string that is not UTF-8", &newer.All{}, "\x08\x01\x72\x02a\xff", protobuf.ErrInvalidUTF8, all + ".i_string", 4},
		{"the same in a oneof", &newer.All{}, "\xba\x03\x01\xff", protobuf.ErrInvalidUTF8, all + ".c_string", 3},
		{"the same in a list", &newer.All{}, "\xc2\x02\x01a\xc2\x02\x01\xff", protobuf.ErrInvalidUTF8, all + ".r_string", 7},
		{"the same as the value of a map", &newer.All{}, "\xf2\x03\x05\x08\x01\x12\x01\xff", protobuf.ErrInvalidUTF8, all + ".m_int32", 7},
		{"a fault three messages deep", &newer.All{}, "\x8a\x01\x07\x8a\x01\x04\x8a\x01\x01\x10", protobuf.ErrTruncated, all + ".i_all.i_all.i_all.i_int32", 10},
		{"a fault in a message of a list", &newer.All{}, "\xda\x02\x02\x10\x01\xda\x02\x01\x10", protobuf.ErrTruncated, all + ".r_all.i_int32", 9},
		{"a fault in a message of a map", &newer.All{}, "\x8a\x04\x04\x12\x02\x72\x05", protobuf.ErrTruncated, all + ".m_string.i_string", 6},
		{"packed numbers that end within one", &newer.All{}, "\x82\x02\x02\x01\x80", protobuf.ErrInvalidWire, all + ".r_int32", 3},
		{"packed fixed numbers of odd length", &newer.All{}, "\xa2\x02\x03abc", protobuf.ErrInvalidWire, all + ".r_fixed32", 3},
		{"an unknown field that ends too early", &newer.All{}, "\xba\x3e\x05abcd", protobuf.ErrTruncated, "", 2},
		{"the end of a group that was not begun", &newer.All{}, "\x0c", protobuf.ErrEndGroup, "", 0},
		{"a group that does not end", &old.All{}, "\x93\x01\x08\x01", protobuf.ErrTruncated, "volo.old.All.group", 4},
		{"an unknown group that does not end", &newer.All{}, "\xbb\x3e\x08\x01", protobuf.ErrTruncated, "", 4},
		{"a group that ends as another", &old.All{}, "\x93\x01\x9c\x01", protobuf.ErrEndGroup, "volo.old.All.group", 2},
		{"a fault in a group of another package", &edition.All{}, "\x53\x10\x54", protobuf.ErrTruncated, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, err := range map[string]error{
				"protobuf.Unmarshal": protobuf.Unmarshal([]byte(c.wire), proto.Clone(c.into), protobuf.DecodeOptions{}),
				"proto.Unmarshal":    proto.Unmarshal([]byte(c.wire), proto.Clone(c.into)),
			} {
				e, ok := errors.AsType[*protobuf.DecodeError](err)
				if !ok || !errors.Is(err, c.err) || !errors.Is(err, proto.Error) {
					t.Fatalf("%s: got %v, want %v", name, err, c.err)
				}
				if c.path != "" && (e.Path() != c.path || e.Offset != c.offset) {
					t.Errorf("%s: got %s at %d, want %s at %d", name, e.Path(), e.Offset, c.path, c.offset)
				}
			}
		})
	}
}

// nested returns a message that nests n levels deep.
func nested(n int) []byte {
	var b []byte
	for range n - 1 {
		b = append(protowire.AppendVarint([]byte("\x8a\x01"), uint64(len(b))), b...)
	}
	return b
}

// groups returns n groups in one another, all of them unknown.
func groups(n int) []byte {
	return append(bytes.Repeat([]byte("\xbb\x3e"), n), bytes.Repeat([]byte("\xbc\x3e"), n)...)
}

func TestDepthIsLimited(t *testing.T) {
	for _, c := range []struct {
		name  string
		wire  []byte
		limit int
		ok    bool
	}{
		{"one level below the limit", nested(6), 7, true},
		{"at the limit", nested(7), 7, true},
		{"one level above", nested(8), 7, false},
		{"a map entry counts", []byte("\x8a\x04\x02\x12\x00"), 2, false},
		{"a map entry and its message", []byte("\x8a\x04\x02\x12\x00"), 3, true},
		{"unknown groups at the limit", groups(6), 7, true},
		{"unknown groups above it", groups(7), 7, false},
		{"a message of another generator above it", []byte("\xba\x04\x00"), 1, false},
		{"at the default", nested(protobuf.DefaultMaxDepth), 0, true},
		{"above the default", nested(protobuf.DefaultMaxDepth + 1), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := protobuf.Unmarshal(c.wire, new(newer.All), protobuf.DecodeOptions{MaxDepth: c.limit})
			through := proto.UnmarshalOptions{RecursionLimit: c.limit}.Unmarshal(c.wire, new(newer.All))
			if (err == nil) != c.ok || (through == nil) != c.ok {
				t.Errorf("got %v and %v, want success: %t", err, through, c.ok)
			}
			if !c.ok && !errors.Is(err, protobuf.ErrDepth) {
				t.Errorf("got %v, want %v", err, protobuf.ErrDepth)
			}
		})
	}
}

func TestSizeIsLimited(t *testing.T) {
	wire := encode(t, &bench.Echo{Message: "twelve bytes"})
	for size, want := range map[int]error{
		len(wire) - 1: protobuf.ErrSize,
		len(wire):     nil,
		len(wire) + 1: nil,
		0:             nil,
	} {
		err := protobuf.Unmarshal(wire, new(bench.Echo), protobuf.DecodeOptions{MaxSize: size})
		if !errors.Is(err, want) {
			t.Errorf("limit %d for %d bytes: got %v, want %v", size, len(wire), err, want)
		}
	}
}

func TestStringsOutliveTheMessage(t *testing.T) {
	const want = "a string that is kept"
	for mode, survives := range map[protobuf.StringMode]bool{
		protobuf.CopyOnce: true, protobuf.CopyEach: true, protobuf.Alias: false,
	} {
		wire := encode(t, &newer.All{IString: want, IBytes: []byte(want), RString: []string{want, "", want}})
		// The frame around the message is not the message.
		frame := append(wire, "behind the message"...)[:len(wire)]
		m := new(newer.All)
		if err := protobuf.Unmarshal(frame, m, protobuf.DecodeOptions{Strings: mode}); err != nil {
			t.Fatal(err)
		}
		clear(frame)
		for _, got := range []string{m.IString, string(m.IBytes), m.RString[0], m.RString[2]} {
			if (got == want) != survives {
				t.Errorf("mode %d: after the frame was recycled: got %q, want it kept: %t", mode, got, survives)
			}
		}
		m.IBytes = append(m.IBytes, "appended"...)
		if survives && m.RString[0] != want {
			t.Errorf("mode %d: appending to bytes changed a string to %q", mode, m.RString[0])
		}
	}
}

func TestCopyOnceCopiesNoLongTailTwice(t *testing.T) {
	// A string that is nearly the whole message is copied alone; what follows
	// is then copied with the next string.
	big := strings.Repeat("x", 1000)
	m := &newer.All{IString: big, RString: []string{"one", "two"}}
	got := new(newer.All)
	if err := protobuf.Unmarshal(encode(t, m), got, protobuf.DecodeOptions{}); err != nil || !proto.Equal(got, m) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUnknownFieldsAreKeptUnlessDiscarded(t *testing.T) {
	wire := []byte("\xba\x3e\x02hi\x08\x01\xbd\x3e\x01\x02\x03\x04")
	for _, c := range []struct {
		discard bool
		want    string
	}{
		{false, "\xba\x3e\x02hi\xbd\x3e\x01\x02\x03\x04"},
		{true, ""},
	} {
		m, through := new(newer.All), new(newer.All)
		if err := protobuf.Unmarshal(wire, m, protobuf.DecodeOptions{DiscardUnknown: c.discard}); err != nil {
			t.Fatal(err)
		}
		if err := (proto.UnmarshalOptions{DiscardUnknown: c.discard}).Unmarshal(wire, through); err != nil {
			t.Fatal(err)
		}
		for _, m := range []*newer.All{m, through} {
			if got := string(m.ProtoReflect().GetUnknown()); got != c.want || !m.IBool {
				t.Errorf("discard %t: got %x, want %x", c.discard, got, c.want)
			}
		}
	}
}

func TestRequiredFieldsAreDemanded(t *testing.T) {
	whole := &old.Needs{Id: proto.Int32(1), Name: proto.String("n")}
	for _, c := range []struct {
		name string
		m    proto.Message
		ok   bool
	}{
		{"all there", whole, true},
		{"one missing", &old.Needs{Id: proto.Int32(1)}, false},
		{"one missing below", &old.Holder{Needs: &old.Needs{}}, false},
		{"one missing in a list", &old.Needs{Id: whole.Id, Name: whole.Name, More: []*old.Needs{whole, {}}}, false},
		{"one missing in a map", &old.Needs{Id: whole.Id, Name: whole.Name, ByName: map[string]*old.Needs{"": {}}}, false},
		{"one missing in a message of another package", &newer.All{Needs: &old.Needs{}}, false},
		{"an edition's", &edition.All{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			wire := encode(t, c.m) // says nothing of what is missing
			into := func() proto.Message { return c.m.ProtoReflect().New().Interface() }
			_, appended := protobuf.Append(nil, c.m)
			_, marshalled := proto.Marshal(c.m)
			for name, err := range map[string]error{
				"Append":          appended,
				"Unmarshal":       protobuf.Unmarshal(wire, into(), protobuf.DecodeOptions{}),
				"proto.Marshal":   marshalled,
				"proto.Unmarshal": proto.Unmarshal(wire, into()),
			} {
				if (err == nil) != c.ok {
					t.Errorf("%s: got %v, want success: %t", name, err, c.ok)
				}
			}
			if _, err := (proto.MarshalOptions{AllowPartial: true}).Marshal(c.m); err != nil {
				t.Errorf("AllowPartial: %v", err)
			}
			if err := (proto.UnmarshalOptions{AllowPartial: true}).Unmarshal(wire, into()); err != nil {
				t.Errorf("AllowPartial: %v", err)
			}
		})
	}
	t.Run("a map entry without a value", func(t *testing.T) {
		wire := append(encode(t, whole), "\x2a\x02\x0a\x00"...)
		if err := protobuf.Unmarshal(wire, new(old.Needs), protobuf.DecodeOptions{}); err == nil {
			t.Error("got no error")
		}
	})
	t.Run("one that comes later", func(t *testing.T) {
		// The two halves of a message are each incomplete.
		half, other := &old.Holder{Needs: &old.Needs{Id: whole.Id}}, &old.Holder{Needs: &old.Needs{Name: whole.Name}}
		wire := append(encode(t, half), encode(t, other)...)
		if err := protobuf.Unmarshal(wire, new(old.Holder), protobuf.DecodeOptions{}); err != nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestHostileCountsAllocateLittle(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, c := range []struct {
		name string
		wire []byte
		into proto.Message
		most int // bytes for each byte of the message
	}{
		{"empty messages of a list", bytes.Repeat([]byte("\xda\x02\x00"), 10_000), new(newer.All), 400},
		{"empty entries of a map", bytes.Repeat([]byte("\xf2\x03\x00"), 10_000), new(newer.All), 20},
		{"empty strings", bytes.Repeat([]byte("\xc2\x02\x00"), 10_000), new(newer.All), 40},
		{"one claim of a huge list", []byte("\x82\x02\xff\xff\xff\xff\x07\x01"), new(newer.All), 400},
	} {
		// The descriptor, which errors name, is made when it is first asked for.
		_ = protobuf.Unmarshal(c.wire, c.into.ProtoReflect().New().Interface(), protobuf.DecodeOptions{})
		var before, after uint64
		before = allocated()
		_ = protobuf.Unmarshal(c.wire, c.into, protobuf.DecodeOptions{})
		after = allocated()
		if got, limit := int(after-before), c.most*len(c.wire)+4096; got > limit {
			t.Errorf("%s: got %d bytes for %d, want at most %d", c.name, got, len(c.wire), limit)
		}
	}
}
