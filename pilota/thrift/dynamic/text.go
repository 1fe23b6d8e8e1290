package dynamic

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// Scalars as text: what JSON has between quotes, as a number, or as the name
// of a member.

// appendText appends the encoding of the scalar that a text stands for.
func appendText(wire []byte, t *descriptor.Type, text []byte, o *Options) ([]byte, error) {
	switch t.Kind {
	case descriptor.Bool:
		if s := string(text); s == "true" || s == "false" {
			return append(wire, thrift.Bool(s == "true")), nil
		}
	case descriptor.I8, descriptor.I16, descriptor.I32, descriptor.I64:
		n, err := parseInt(text, intBits[t.Kind])
		if err != nil {
			return wire, err
		}
		return appendInt(wire, t.Kind, n), nil
	case descriptor.EnumKind:
		n, err := parseEnum(text, t.Enum)
		return binary.BigEndian.AppendUint32(wire, uint32(n)), err
	case descriptor.Double:
		d, err := parseDouble(text)
		return binary.BigEndian.AppendUint64(wire, math.Float64bits(d)), err
	case descriptor.Binary:
		if o.BinaryText {
			return appendString(wire, text, o)
		}
		return appendBase64(wire, text, o)
	case descriptor.UUID:
		id, ok := parseUUID(text)
		if ok {
			return append(wire, id[:]...), nil
		}
	case descriptor.String:
		return appendString(wire, text, o)
	}
	return wire, fmt.Errorf("%w: %.64q for %s", ErrType, text, noun(t))
}

var intBits = map[descriptor.Kind]int{descriptor.I8: 8, descriptor.I16: 16, descriptor.I32: 32, descriptor.I64: 64}

func appendInt(wire []byte, k descriptor.Kind, n int64) []byte {
	switch k {
	case descriptor.I8:
		return append(wire, byte(n))
	case descriptor.I16:
		return binary.BigEndian.AppendUint16(wire, uint16(n))
	case descriptor.I64:
		return binary.BigEndian.AppendUint64(wire, uint64(n))
	}
	return binary.BigEndian.AppendUint32(wire, uint32(n))
}

func appendString[T string | []byte](wire []byte, text T, o *Options) ([]byte, error) {
	if len(text) > o.maxString() {
		return wire, thrift.ErrStringSize
	}
	wire = binary.BigEndian.AppendUint32(wire, uint32(len(text)))
	return append(wire, text...), nil
}

func appendBase64(wire, text []byte, o *Options) ([]byte, error) {
	at := len(wire)
	wire, err := fromBase64(append(wire, 0, 0, 0, 0), text)
	n := len(wire) - at - 4
	if err == nil && n > o.maxString() {
		err = thrift.ErrStringSize
	}
	if err != nil {
		return wire[:at], err
	}
	binary.BigEndian.PutUint32(wire[at:], uint32(n))
	return wire, nil
}

// fromBase64 takes both alphabets, with padding or without.
func fromBase64(dst, text []byte) ([]byte, error) {
	for len(text) > 0 && text[len(text)-1] == '=' {
		text = text[:len(text)-1]
	}
	encoding := base64.RawStdEncoding
	for _, c := range text {
		if c == '-' || c == '_' {
			encoding = base64.RawURLEncoding
			break
		}
	}
	out, err := encoding.AppendDecode(dst, text)
	if err != nil {
		return dst, fmt.Errorf("%w: not base64: %.64q", ErrType, text)
	}
	return out, nil
}

// parseInt takes an integer; also one that is written as 1e3 or 2.0, as long
// as doubles are exact.
func parseInt(text []byte, bits int) (int64, error) {
	n, err := strconv.ParseInt(string(text), 10, bits)
	if err == nil {
		return n, nil
	}
	d, notDouble := strconv.ParseFloat(string(text), 64)
	if notDouble != nil || d != math.Trunc(d) || len(text) > 0 && (text[0] == '+' || isWord(text[0]) && text[0] > '9') {
		return 0, fmt.Errorf("%w: %.64q is no integer", ErrType, text)
	}
	const exact = 1 << 53
	most := float64(uint64(1) << (bits - 1))
	if d < -most || d >= most || d < -exact || d > exact {
		return 0, fmt.Errorf("%w: %.64s does not fit i%d", ErrRange, text, bits)
	}
	return int64(d), nil
}

func parseEnum(text []byte, e *descriptor.Enum) (int32, error) {
	if v := e.ByName(string(text)); v != nil {
		return v.Number, nil
	}
	n, err := parseInt(text, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: %.64q is neither a name nor a number of %s", ErrEnum, text, e.FullName())
	}
	return int32(n), nil
}

func parseDouble(text []byte) (float64, error) {
	switch string(text) {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	d, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err != nil && math.IsInf(d, 0):
		return 0, fmt.Errorf("%w: %.64s does not fit a double", ErrRange, text)
	case err != nil || math.IsInf(d, 0) || math.IsNaN(d):
		return 0, fmt.Errorf("%w: %.64q is no number", ErrType, text)
	}
	return d, nil
}

func parseUUID[T string | []byte](text T) (id [16]byte, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, false
	}
	digits := make([]byte, 0, 32)
	for i := range len(text) {
		if i != 8 && i != 13 && i != 18 && i != 23 {
			digits = append(digits, text[i])
		}
	}
	_, err := hex.Decode(id[:], digits)
	return id, err == nil
}

func appendUUID(dst, id []byte) []byte {
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:16]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}
