package dynamic

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// isText tells whether a scalar is a string in JSON.
func (w *jsonWriter) isText(k descriptor.Kind, e *descriptor.Enum, v []byte) bool {
	switch k {
	case descriptor.UUID:
		return true
	case descriptor.I64:
		return w.o.I64Strings
	case descriptor.Double:
		d := math.Float64frombits(binary.BigEndian.Uint64(v))
		return math.IsNaN(d) || math.IsInf(d, 0)
	}
	return w.named(e, v) != nil
}

// named returns the name of the value of an enum, nil if it has none or none
// is wanted. e is nil for other types.
func (w *jsonWriter) named(e *descriptor.Enum, v []byte) *descriptor.EnumValue {
	if e == nil || w.o.EnumNumbers {
		return nil
	}
	return e.ByNumber(int32(binary.BigEndian.Uint32(v)))
}

func (w *jsonWriter) base64(v []byte) {
	w.out = append(w.out, '"')
	w.out = base64.StdEncoding.AppendEncode(w.out, v)
	w.out = append(w.out, '"')
}

// appendDouble writes the shortest text that is read back as d.
func appendDouble(dst []byte, d float64) []byte {
	switch {
	case math.IsNaN(d):
		return append(dst, "NaN"...)
	case math.IsInf(d, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(d, -1):
		return append(dst, "-Infinity"...)
	}
	format := byte('f')
	if abs := math.Abs(d); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, d, format, -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendQuoted writes a string. What is not UTF-8 becomes U+FFFD; U+2028 and
// U+2029 are escaped, for they end lines in JavaScript.
func appendQuoted(dst, v []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(v); {
		c := v[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(v[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				dst = append(append(dst, v[from:i]...), "\uFFFD"...)
				from = i + 1
			case r == 0x2028 || r == 0x2029:
				dst = append(append(dst, v[from:i]...), `\u202`...)
				dst = append(dst, hexDigits[r&0xF])
				from = i + size
			}
			i += size
			continue
		}
		dst = append(dst, v[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hexDigits[c>>4], hexDigits[c&0xF])
		}
		i++
		from = i
	}
	return append(append(dst, v[from:]...), '"')
}
