package ttheader_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// unhex reads bytes written as groups of hex digits, with a comment per line.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(s) {
		line, _, _ = strings.Cut(line, "//")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A call as Kitex sends it, written by hand from the layout in the package
// comment: an ACL token, then strings, then ints, then padding.
const kitexCall = `
	00000042              // LENGTH: 66 bytes follow
	1000 0001 0000002a    // magic, out of order, sequence id 42
	000d                  // HSIZE: 13 * 4 = 52
	00 00                 // binary, no transforms
	11 0003 616263        // ACL token "abc"
	01 0002               // two strings
	   0003 69736e 0004 4563686f   // isn: Echo
	   0001 6b     0000            // k: ""
	10 0003               // three ints
	   0009 0004 6563686f // ToMethod: echo
	   000c 0003 313030   // RPCTimeout: 100
	   ffff 0000          // an id that nobody knows
	0000 00               // padding
	deadbeef              // payload
`

// A reply with its sections in the other order and one kind twice.
const twoSections = `
	0000001e
	1000 0000 ffffffff    // sequence id -1
	0005
	02 00                 // compact
	10 0001 0016 0001 32  // MsgType: 2
	00                    // padding between sections
	10 0001 0016 0001 33  // MsgType: 3
	00
`

const emptyHeader = `0000000e 1000 0000 00000001 0001 00 00 0000`

func fields(h *ttheader.Header) string {
	var out []string
	for id, v := range h.Ints {
		out = append(out, fmt.Sprintf("%d=%s", id, v))
	}
	for k, v := range h.Strings {
		out = append(out, fmt.Sprintf("%s=%s", k, v))
	}
	return strings.Join(out, " ")
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, frame string
		flags       uint16
		seq         int32
		protocol    byte
		fields      string
		payload     string
	}{
		{"a call with all kinds of blocks", kitexCall, ttheader.FlagOutOfOrder, 42, ttheader.ProtocolBinary,
			"9=echo 12=100 65535= RPC_TRANSIT_gdpr-token=abc isn=Echo k=", "deadbeef"},
		{"a section twice, with padding between", twoSections, 0, -1, ttheader.ProtocolCompact, "22=2 22=3", ""},
		{"no info blocks", `00000010 1000 0000 00000001 0001 00 00 0000 aabb`, 0, 1, 0, "", "aabb"},
		{"an empty payload", `0000000e 1000 0000 00000001 0001 00 00 00 00`, 0, 1, 0, "", ""},
		{"empty sections", `00000016 1000 0000 00000001 0003 00 00 01 0000 10 0000 01 0000 00`, 0, 1, 0, "", ""},
		{"an unknown block ends the header and spares the payload",
			`00000020 1000 0018 00000001 0005 00 00
			 10 0001 0001 0001 78    // TransportType: x
			 77 0003 616263          // nobody knows how long this is
			 00 00 00 00
			 cafe`, 0x18, 1, 0, "1=x", "cafe"},
		{"a call from Kitex's own encoder (cloudwego/gopkg v0.2.0)",
			`00000028100000010000002a00070000010001000369736e00044563686f100001000900046563686f00beef`,
			ttheader.FlagOutOfOrder, 42, 0, "9=echo isn=Echo", "beef"},
		{"a reply with an ACL token from Kitex's own encoder",
			`0000001c10000000ffffffff000400001100036162631000010016000132beef`,
			0, -1, 0, "22=2 RPC_TRANSIT_gdpr-token=abc", "beef"},
		{"a streaming frame from Kitex's own encoder", `000000101000000200000001000110000000beef`,
			ttheader.FlagStreaming, 1, ttheader.ProtocolThriftStruct, "", "beef"},
		{"an unknown block comes first", `0000000e 1000 0000 00000001 0001 00 00 05 01`, 0, 1, 0, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			frame := unhex(t, tt.frame)
			h, payload, err := ttheader.Parse(frame)
			if err != nil {
				t.Fatal(err)
			}
			if h.Flags != tt.flags || h.SeqID != tt.seq || h.Protocol != tt.protocol || h.Length != len(frame) {
				t.Errorf("got flags %#x seq %d protocol %d length %d, want %#x %d %d %d",
					h.Flags, h.SeqID, h.Protocol, h.Length, tt.flags, tt.seq, tt.protocol, len(frame))
			}
			if got := fields(&h); got != tt.fields {
				t.Errorf("got fields %q, want %q", got, tt.fields)
			}
			if got := hex.EncodeToString(payload); got != tt.payload {
				t.Errorf("got payload %s, want %s", got, tt.payload)
			}
			if cap(payload) != len(payload) {
				t.Errorf("payload has room for %d bytes behind it, want none: an append would write into the buffer",
					cap(payload)-len(payload))
			}
		})
	}
}

func TestParseAcceptsTheProtocolsOfTheFormat(t *testing.T) {
	known := []byte{0, 2, 3, 4, 0x10, 0x11}
	for p := range 256 {
		frame := unhex(t, emptyHeader)
		frame[14] = byte(p)
		h, _, err := ttheader.Parse(frame)
		if want := slices.Contains(known, byte(p)); (err == nil) != want {
			t.Errorf("protocol %d: got error %v, want accepted %v", p, err, want)
		} else if want && h.Protocol != byte(p) {
			t.Errorf("protocol %d: got %d", p, h.Protocol)
		}
		var unsupported *ttheader.UnsupportedError
		if err != nil && !errors.As(err, &unsupported) {
			t.Errorf("protocol %d: got %T, want an UnsupportedError", p, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, frame, want string }{
		{"another magic", `0000000e 0fff 0000 00000001 0001 00 00 0000`, "ttheader: at byte 4: no TTHeader magic"},
		{"a header size of zero", `0000000e 1000 0000 00000001 0000 00 00 0000`, "ttheader: at byte 12: header size 0"},
		{"a frame shorter than its header", `0000000d 1000 0000 00000001 0001 00 00 00`,
			"ttheader: at byte 0: frame of 17 bytes is shorter than its header of 18"},
		{"a frame of nothing", `00000000 1000 0000 00000001 0001 00 00 0000`,
			"ttheader: at byte 0: frame of 4 bytes is shorter than its header of 18"},
		{"less than the fixed part", `0000000e 1000 0000 00000001 00`, "ttheader: at byte 0: have 13 bytes of a frame of 0"},
		{"a byte too few", `0000000e 1000 0000 00000001 0001 00 00 00`, "ttheader: at byte 0: have 17 bytes of a frame of 18"},
		{"a byte too many", `0000000e 1000 0000 00000001 0001 00 00 0000 00`, "ttheader: at byte 0: have 19 bytes of a frame of 18"},
		{"an unknown protocol", `0000000e 1000 0000 00000001 0001 01 00 0000`, "ttheader: protocol id 1 is not supported"},
		{"a transform", `0000000e 1000 0000 00000001 0001 00 01 0100`, "ttheader: transform 1 (zlib) is not supported"},
		{"two transforms", `0000000e 1000 0000 00000001 0001 00 02 0301`, "ttheader: transform 3 (snappy) is not supported"},
		{"transforms that exceed the header", `0000000e 1000 0000 00000001 0001 00 03 0101`,
			"ttheader: at byte 15: 3 transform ids exceed the header"},
		{"an int section without its count", `0000000e 1000 0000 00000001 0001 00 00 0010`,
			"ttheader: at byte 18: count of a section exceeds the header"},
		{"a string section with half its count", `0000000e 1000 0000 00000001 0001 00 00 0100`,
			"ttheader: at byte 17: count of a section exceeds the header"},
		{"a count that cannot fit", `00000016 1000 0000 00000001 0003 00 00 10 0002 0001 0000 00 00 00`,
			"ttheader: at byte 17: 2 fields cannot fit into the header"},
		{"the greatest count", `00000016 1000 0000 00000001 0003 00 00 01 ffff 0001 0000 00 00 00`,
			"ttheader: at byte 17: 65535 fields cannot fit into the header"},
		{"an int value that exceeds the header", `00000016 1000 0000 00000001 0003 00 00 10 0001 0001 0004 61 62 63`,
			"ttheader: at byte 21: value of 4 bytes exceeds the header"},
		{"the longest int value", `00000016 1000 0000 00000001 0003 00 00 10 0001 0001 ffff 61 62 63`,
			"ttheader: at byte 21: value of 65535 bytes exceeds the header"},
		{"a string key that exceeds the header", `00000016 1000 0000 00000001 0003 00 00 01 0001 0006 61 62 63 64 65`,
			"ttheader: at byte 19: key of 6 bytes exceeds the header"},
		{"a string without a value", `00000016 1000 0000 00000001 0003 00 00 01 0001 0004 61 62 63 64 65`,
			"ttheader: at byte 25: length of a value exceeds the header"},
		{"a string value that exceeds the header", `00000016 1000 0000 00000001 0003 00 00 01 0001 0001 61 0003 62 63`,
			"ttheader: at byte 22: value of 3 bytes exceeds the header"},
		{"an ACL token without its length", `0000000e 1000 0000 00000001 0001 00 00 1100`,
			"ttheader: at byte 17: length of a token exceeds the header"},
		{"an ACL token that exceeds the header", `00000012 1000 0000 00000001 0002 00 00 11 0004 61 62 63`,
			"ttheader: at byte 17: token of 4 bytes exceeds the header"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, payload, err := ttheader.Parse(unhex(t, tt.frame))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got error %v, want %s", err, tt.want)
			}
			if payload != nil || h.Length != 0 || fields(&h) != "" {
				t.Errorf("got header %+v and payload %x beside the error, want none", h, payload)
			}
		})
	}
}

// Whatever length field is changed to whatever value, the result is an error or
// a header that stays within the frame.
func TestParseSurvivesEveryLengthInEveryPlace(t *testing.T) {
	whole := unhex(t, kitexCall)
	for at := range len(whole) - 1 {
		for _, v := range []uint16{0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff} {
			frame := bytes.Clone(whole)
			binary.BigEndian.PutUint16(frame[at:], v)
			h, payload, err := ttheader.Parse(frame)
			if err == nil && len(payload)+len(fields(&h)) > 4*len(frame) {
				t.Errorf("%#x at byte %d: header and payload are longer than the frame", v, at)
			}
		}
	}
	for n := range len(whole) {
		if _, _, err := ttheader.Parse(whole[:n]); err == nil {
			t.Errorf("a frame cut at byte %d: got no error", n)
		}
	}
}

func TestFrameSize(t *testing.T) {
	head := func(length uint32, hsize uint16) []byte {
		b := binary.BigEndian.AppendUint32(nil, length)
		b = append(b, 0x10, 0, 0, 0, 0, 0, 0, 0)
		return binary.BigEndian.AppendUint16(b, hsize)
	}
	tests := []struct {
		name  string
		b     []byte
		limit int
		size  int
		err   string
	}{
		{"nothing there", nil, 100, 0, ""},
		{"a byte short of knowing", head(96, 1)[:13], 100, 0, ""},
		{"below the limit", head(95, 1), 100, 99, ""},
		{"at the limit", head(96, 1), 100, 100, ""},
		{"above the limit", head(97, 1), 100, 0, "ttheader: frame has 101 bytes, the limit is 100"},
		{"the longest length", head(0xffffffff, 1), 100, 0, "ttheader: frame has 4294967299 bytes, the limit is 100"},
		{"the longest frame", head(ttheader.MaxFrameSize-4, 1), ttheader.MaxFrameSize + 1, ttheader.MaxFrameSize, ""},
		{"above the longest frame", head(ttheader.MaxFrameSize-3, 1), ttheader.MaxFrameSize + 1, 0,
			"ttheader: frame has 1073741824 bytes, the limit is 1073741823"},
		{"a header alone", head(14, 1), 100, 18, ""},
		{"less than the header", head(13, 1), 100, 0, "ttheader: at byte 0: frame of 17 bytes is shorter than its header of 18"},
		{"the greatest header", head(10+65535*4, 65535), 1 << 20, 14 + 65535*4, ""},
		{"no magic", make([]byte, 14), 100, 0, "ttheader: at byte 4: no TTHeader magic"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			size, err := ttheader.FrameSize(tt.b, tt.limit)
			if size != tt.size || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("got %d, %v, want %d, %s", size, err, tt.size, tt.err)
			}
		})
	}
}
