package unframed_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/volo-thrift/internal/unframed"
)

const head = `80010001 00000004 6563686f 00000001`

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

// everything has a field of every type and the containers that matter.
const everything = head + `
	02 0001 01                                // bool
	03 0002 7f                                // i8
	06 0003 7fff                              // i16
	08 0004 7fffffff                          // i32
	0a 0005 7fffffffffffffff                  // i64
	04 0006 3ff0000000000000                  // double
	0b 0007 00000003 616263                   // string
	10 0008 00112233445566778899aabbccddeeff  // uuid
	0c 0009 08 0001 00000001 0c 0002 00 00    // struct in struct
	0f 000a 08 00000002 00000001 00000002     // list of i32
	0f 000b 0b 00000002 00000001 61 00000000  // list of strings
	0e 000c 0c 00000002 00 00                 // set of empty structs
	0d 000d 08 0a 00000001 00000001 0000000000000001 // map of numbers
	0d 000e 0b 0f 00000002                    // map of strings to lists
	     00000001 61 03 00000002 0102
	     00000001 62 02 00000000
	0d 000f 08 0b 00000001 00000007 00000001 78 // map of numbers to strings
	0d 0010 00 00 00000000                    // empty map without types
	0f 0011 00 00000000                       // empty list without a type
	00`

func TestSize(t *testing.T) {
	tests := []struct{ name, message string }{
		{"no fields", head + `00`},
		{"no name", `80010001 00000000 00000001 00`},
		{"a reply", `80010002 00000004 6563686f 00000001 0b 0000 00000002 6869 00`},
		{"every type", everything},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			message := unhex(t, tt.message)
			var s unframed.Scanner
			s.Reset(len(message), 64)
			size, need, err := s.Size(append(message[:len(message):len(message)], "what follows"...))
			if size != len(message) || need != 0 || err != nil {
				t.Errorf("all at once: got %d, %d, %v, want %d", size, need, err, len(message))
			}
			if again, _, _ := s.Size(message); again != size {
				t.Errorf("asked again: got %d, want %d", again, size)
			}
			s.Reset(len(message), 64)
			for n := range len(message) {
				size, need, err := s.Size(message[:n])
				if size != 0 || err != nil || need <= n || need > len(message) {
					t.Fatalf("with %d of %d bytes: got %d, need %d, %v", n, len(message), size, need, err)
				}
			}
			if size, _, err := s.Size(message); size != len(message) || err != nil {
				t.Errorf("byte by byte: got %d, %v, want %d", size, err, len(message))
			}
			s.Reset(len(message), 64)
			for size, need = 0, 0; size == 0 && err == nil; {
				size, need, err = s.Size(message[:need])
			}
			if size != len(message) || err != nil {
				t.Errorf("as many bytes as it needs: got %d, %v, want %d", size, err, len(message))
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	tests := []struct{ name, message, want string }{
		{"another version", `80020001 00000004`, "unframed: at byte 0: version 0x8002, want 0x8001"},
		{"a negative name length", `80010001 ffffffff`, "unframed: at byte 4: negative length -1 of the method name"},
		{"a name that is too long", `80010001 7fffffff`, "unframed: message of at least 2147483660 bytes exceeds the maximum message size of 1000"},
		{"a field of an unknown type", head + `05 0001`, "unframed: at byte 16: unknown type 5"},
		{"a field of type void", head + `01 0001`, "unframed: at byte 16: unknown type 1"},
		{"a negative string length", head + `0b 0001 80000000`, "unframed: at byte 19: negative length -2147483648"},
		{"a string that is too long", head + `0b 0001 000003d5`, "unframed: message of at least 1005 bytes exceeds the maximum message size of 1000"},
		{"a negative list length", head + `0f 0001 0b ffffffff`, "unframed: at byte 20: negative length -1"},
		{"a negative map length", head + `0d 0001 0b 0b ffffffff`, "unframed: at byte 21: negative length -1"},
		{"a list of an unknown type", head + `0f 0001 07 00000001`, "unframed: at byte 24: container of unknown type 7"},
		{"a list of stops", head + `0f 0001 00 00000001`, "unframed: at byte 24: container of unknown type 0"},
		{"a map to an unknown type", head + `0d 0001 0b 01 00000001`, "unframed: at byte 25: container of unknown type 1"},
		{"a list of numbers that is too long", head + `0f 0001 08 00000100`,
			"unframed: message of at least 1049 bytes exceeds the maximum message size of 1000"},
		{"a list of structs that is too long", head + `0f 0001 0c 7fffffff`,
			"unframed: message of at least 2147483671 bytes exceeds the maximum message size of 1000"},
		{"a map of structs that is too long", head + `0d 0001 0c 0c 7fffffff`,
			"unframed: message of at least 4294967319 bytes exceeds the maximum message size of 1000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			message := unhex(t, tt.message)
			var s unframed.Scanner
			s.Reset(1000, 64)
			size, need, err := s.Size(message)
			if size != 0 || need != 0 || err == nil || err.Error() != tt.want {
				t.Errorf("got %d, %d, %v, want %s", size, need, err, tt.want)
			}
			if _, _, again := s.Size(append(message, 0, 0, 0, 0)); again != err {
				t.Errorf("asked again: got %v, want the same error", again)
			}
			s.Reset(1000, 64)
			if size, _, err := s.Size(unhex(t, head+`00`)); size != 17 || err != nil {
				t.Errorf("after Reset: got %d, %v, want 17", size, err)
			}
		})
	}
}

func TestSizeLimit(t *testing.T) {
	for _, text := range []string{head + `00`, everything, head + `0b 0001 00000003 616263 00`, head + `0c 0001 0c 0001 00 00 00`} {
		message := unhex(t, text)
		for _, extra := range []int{-5, -2, -1, 0, 1} {
			var s unframed.Scanner
			s.Reset(len(message)+extra, 64)
			size, _, err := s.Size(message)
			if extra >= 0 {
				if size != len(message) || err != nil {
					t.Errorf("%d bytes, limit %+d: got %d, %v", len(message), extra, size, err)
				}
				continue
			}
			var tooLong *unframed.SizeError
			if !errors.As(err, &tooLong) || tooLong.Limit != len(message)+extra || tooLong.Size <= tooLong.Limit || tooLong.Size > len(message) {
				t.Errorf("%d bytes, limit %+d: got %d, %v, want a SizeError", len(message), extra, size, err)
			}
		}
	}
}

// nested returns a message of so many levels, its own struct included.
func nested(t *testing.T, kind string, levels int) []byte {
	n := levels - 2 // between the outermost and the innermost
	switch kind {
	case "structs":
		return unhex(t, head+strings.Repeat("0c0001", n+1)+strings.Repeat("00", levels))
	case "lists":
		return unhex(t, head+"0f0001"+strings.Repeat("0f 00000001", n)+"08 00000000"+"00")
	case "map keys":
		return unhex(t, head+"0d0001"+strings.Repeat("0d 03 00000001", n)+"08 08 00000000"+strings.Repeat("7f", n)+"00")
	}
	t.Fatalf("no such kind: %s", kind)
	return nil
}

func TestDepthLimit(t *testing.T) {
	for _, kind := range []string{"structs", "lists", "map keys"} {
		for _, levels := range []int{9, 10, 11, 30} {
			message := nested(t, kind, levels)
			var s unframed.Scanner
			s.Reset(1<<20, 10)
			size, _, err := s.Size(message)
			if levels <= 10 {
				if size != len(message) || err != nil {
					t.Errorf("%d levels of %s: got %d, %v, want %d", levels, kind, size, err, len(message))
				}
				continue
			}
			var tooDeep *unframed.DepthError
			if !errors.As(err, &tooDeep) || tooDeep.Limit != 10 {
				t.Errorf("%d levels of %s: got %d, %v, want a DepthError", levels, kind, size, err)
			}
		}
	}
}

// A peer that sends a long message byte by byte must not make us look at its
// beginning again and again. Measured in time, so that a scan from the start
// would take minutes.
func TestSlowPeersCostLinearTime(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "0f 0001 0c 00020000")
	for range 0x20000 {
		b.WriteString("03 0001 7f 00")
	}
	b.WriteString("00")
	message := unhex(t, b.String())
	var s unframed.Scanner
	s.Reset(len(message), 64)
	for n := range len(message) {
		if size, _, err := s.Size(message[:n]); size != 0 || err != nil {
			t.Fatalf("with %d bytes: got %d, %v", n, size, err)
		}
	}
	if size, _, err := s.Size(message); size != len(message) || err != nil {
		t.Errorf("got %d, %v, want %d", size, err, len(message))
	}
}

func TestAllocations(t *testing.T) {
	message := unhex(t, everything)
	s := new(unframed.Scanner)
	if n := testing.AllocsPerRun(100, func() {
		s.Reset(1<<20, 64)
		s.Size(message)
	}); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}

// FuzzSize: what thrift.Skip calls a struct is what the scanner finds the end
// of, whether the bytes come at once or in pieces.
func FuzzSize(f *testing.F) {
	for _, s := range []string{head + `00`, everything, head + `0b 0001 80000000`, head + `0f 0001 0c 7fffffff`} {
		f.Add(unhex(f, s), uint8(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		const limit, depth = 1 << 16, 8
		if len(b) > limit {
			return
		}
		var s unframed.Scanner
		s.Reset(limit, depth)
		size, need, err := s.Size(b)
		if err == nil && (size > 0) == (need > 0) || need > 0 && need <= len(b) || size > len(b) || need > limit {
			t.Fatalf("got %d, %d, %v of %d bytes", size, need, err, len(b))
		}
		if len(b) >= 8 && b[0] == 0x80 && b[1] == 0x01 && b[4] < 0x80 {
			compareWithSkip(t, b, size, depth)
		}
		var slow unframed.Scanner
		slow.Reset(limit, depth)
		for n := 0; n < len(b); n += int(piece) + 1 {
			size2, need2, err2 := slow.Size(b[:n])
			if err2 != nil && err == nil {
				t.Fatalf("with %d bytes: %v, but none with all", n, err2)
			}
			if err2 != nil || size2 > 0 {
				break
			}
			if need2 <= n || size > 0 && need2 > size {
				t.Fatalf("with %d bytes: need %d, size is %d", n, need2, size)
			}
		}
		size2, need2, err2 := slow.Size(b)
		if size2 != size || need2 != need || (err == nil) != (err2 == nil) {
			t.Fatalf("in pieces: got %d, %d, %v, want %d, %d, %v", size2, need2, err2, size, need, err)
		}
	})
}

func compareWithSkip(t *testing.T, b []byte, size, depth int) {
	n := int(b[4])<<24 | int(b[5])<<16 | int(b[6])<<8 | int(b[7])
	if n > len(b)-12 {
		return
	}
	rest, err := thrift.Skip(b[12+n:], thrift.STRUCT, depth)
	want := 0
	if err == nil {
		want = len(b) - len(rest)
	}
	if size != want {
		t.Fatalf("got %d, thrift.Skip %d, %v", size, want, err)
	}
}

func BenchmarkSize(b *testing.B) {
	for name, text := range map[string]string{
		"echo":       head + `0c 0001 0b 0001 00000003 616263 0b 0002 00000003 646566 00 00`,
		"every type": everything,
	} {
		message := unhex(b, text)
		b.Run(name, func(b *testing.B) {
			s := new(unframed.Scanner)
			b.ReportAllocs()
			for b.Loop() {
				s.Reset(1<<20, 64)
				if size, _, _ := s.Size(message); size != len(message) {
					b.Fatal(size)
				}
			}
		})
	}
}
