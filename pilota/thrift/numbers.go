package thrift

import (
	"encoding/binary"
	"math"
)

// Elements of lists and sets of wide numbers. Eight go at a time, through
// array pointers that spare the checks within, since the shuffling of their
// bytes is what such a list costs.

// AppendI16s appends the elements of a list or set of i16.
func AppendI16s(b []byte, v []int16) []byte {
	n := len(b)
	b = extend(b, 2*len(v))
	out := b[n:]
	for ; len(v) >= 8; v, out = v[8:], out[16:] {
		p, q := (*[16]byte)(out), (*[8]int16)(v)
		binary.BigEndian.PutUint16(p[0:2], uint16(q[0]))
		binary.BigEndian.PutUint16(p[2:4], uint16(q[1]))
		binary.BigEndian.PutUint16(p[4:6], uint16(q[2]))
		binary.BigEndian.PutUint16(p[6:8], uint16(q[3]))
		binary.BigEndian.PutUint16(p[8:10], uint16(q[4]))
		binary.BigEndian.PutUint16(p[10:12], uint16(q[5]))
		binary.BigEndian.PutUint16(p[12:14], uint16(q[6]))
		binary.BigEndian.PutUint16(p[14:16], uint16(q[7]))
	}
	for i, e := range v {
		binary.BigEndian.PutUint16(out[2*i:], uint16(e))
	}
	return b
}

// ConsumeI16s reads a list or set of i16 from the front of b and returns what
// follows.
func ConsumeI16s(d *Decoder, b []byte) (v []int16, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, I16, 2)
	if err != nil {
		return nil, b, err
	}
	v = scalars[int16](d, n)
	in, out := b[:2*n], v
	for ; len(out) >= 8; in, out = in[16:], out[8:] {
		p, q := (*[16]byte)(in), (*[8]int16)(out)
		q[0] = int16(binary.BigEndian.Uint16(p[0:2]))
		q[1] = int16(binary.BigEndian.Uint16(p[2:4]))
		q[2] = int16(binary.BigEndian.Uint16(p[4:6]))
		q[3] = int16(binary.BigEndian.Uint16(p[6:8]))
		q[4] = int16(binary.BigEndian.Uint16(p[8:10]))
		q[5] = int16(binary.BigEndian.Uint16(p[10:12]))
		q[6] = int16(binary.BigEndian.Uint16(p[12:14]))
		q[7] = int16(binary.BigEndian.Uint16(p[14:16]))
	}
	for i := range out {
		out[i] = int16(binary.BigEndian.Uint16(in[2*i:]))
	}
	return v, b[2*n:], nil
}

// AppendI32s appends the elements of a list or set of i32 or of an enum.
func AppendI32s[T ~int32](b []byte, v []T) []byte {
	n := len(b)
	b = extend(b, 4*len(v))
	out := b[n:]
	for ; len(v) >= 8; v, out = v[8:], out[32:] {
		p, q := (*[32]byte)(out), (*[8]T)(v)
		binary.BigEndian.PutUint32(p[0:4], uint32(q[0]))
		binary.BigEndian.PutUint32(p[4:8], uint32(q[1]))
		binary.BigEndian.PutUint32(p[8:12], uint32(q[2]))
		binary.BigEndian.PutUint32(p[12:16], uint32(q[3]))
		binary.BigEndian.PutUint32(p[16:20], uint32(q[4]))
		binary.BigEndian.PutUint32(p[20:24], uint32(q[5]))
		binary.BigEndian.PutUint32(p[24:28], uint32(q[6]))
		binary.BigEndian.PutUint32(p[28:32], uint32(q[7]))
	}
	for i, e := range v {
		binary.BigEndian.PutUint32(out[4*i:], uint32(e))
	}
	return b
}

// ConsumeI32s reads a list or set of i32 or of an enum from the front of b
// and returns what follows.
func ConsumeI32s[T ~int32](d *Decoder, b []byte) (v []T, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, I32, 4)
	if err != nil {
		return nil, b, err
	}
	v = scalars[T](d, n)
	in, out := b[:4*n], v
	for ; len(out) >= 8; in, out = in[32:], out[8:] {
		p, q := (*[32]byte)(in), (*[8]T)(out)
		q[0] = T(binary.BigEndian.Uint32(p[0:4]))
		q[1] = T(binary.BigEndian.Uint32(p[4:8]))
		q[2] = T(binary.BigEndian.Uint32(p[8:12]))
		q[3] = T(binary.BigEndian.Uint32(p[12:16]))
		q[4] = T(binary.BigEndian.Uint32(p[16:20]))
		q[5] = T(binary.BigEndian.Uint32(p[20:24]))
		q[6] = T(binary.BigEndian.Uint32(p[24:28]))
		q[7] = T(binary.BigEndian.Uint32(p[28:32]))
	}
	for i := range out {
		out[i] = T(binary.BigEndian.Uint32(in[4*i:]))
	}
	return v, b[4*n:], nil
}

// AppendI64s appends the elements of a list or set of i64.
func AppendI64s(b []byte, v []int64) []byte {
	n := len(b)
	b = extend(b, 8*len(v))
	out := b[n:]
	for ; len(v) >= 8; v, out = v[8:], out[64:] {
		p, q := (*[64]byte)(out), (*[8]int64)(v)
		binary.BigEndian.PutUint64(p[0:8], uint64(q[0]))
		binary.BigEndian.PutUint64(p[8:16], uint64(q[1]))
		binary.BigEndian.PutUint64(p[16:24], uint64(q[2]))
		binary.BigEndian.PutUint64(p[24:32], uint64(q[3]))
		binary.BigEndian.PutUint64(p[32:40], uint64(q[4]))
		binary.BigEndian.PutUint64(p[40:48], uint64(q[5]))
		binary.BigEndian.PutUint64(p[48:56], uint64(q[6]))
		binary.BigEndian.PutUint64(p[56:64], uint64(q[7]))
	}
	for i, e := range v {
		binary.BigEndian.PutUint64(out[8*i:], uint64(e))
	}
	return b
}

// ConsumeI64s reads a list or set of i64 from the front of b and returns what
// follows.
func ConsumeI64s(d *Decoder, b []byte) (v []int64, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, I64, 8)
	if err != nil {
		return nil, b, err
	}
	v = scalars[int64](d, n)
	in, out := b[:8*n], v
	for ; len(out) >= 8; in, out = in[64:], out[8:] {
		p, q := (*[64]byte)(in), (*[8]int64)(out)
		q[0] = int64(binary.BigEndian.Uint64(p[0:8]))
		q[1] = int64(binary.BigEndian.Uint64(p[8:16]))
		q[2] = int64(binary.BigEndian.Uint64(p[16:24]))
		q[3] = int64(binary.BigEndian.Uint64(p[24:32]))
		q[4] = int64(binary.BigEndian.Uint64(p[32:40]))
		q[5] = int64(binary.BigEndian.Uint64(p[40:48]))
		q[6] = int64(binary.BigEndian.Uint64(p[48:56]))
		q[7] = int64(binary.BigEndian.Uint64(p[56:64]))
	}
	for i := range out {
		out[i] = int64(binary.BigEndian.Uint64(in[8*i:]))
	}
	return v, b[8*n:], nil
}

// AppendDoubles appends the elements of a list or set of double.
func AppendDoubles(b []byte, v []float64) []byte {
	n := len(b)
	b = extend(b, 8*len(v))
	out := b[n:]
	for ; len(v) >= 4; v, out = v[4:], out[32:] {
		p, q := (*[32]byte)(out), (*[4]float64)(v)
		binary.BigEndian.PutUint64(p[0:8], math.Float64bits(q[0]))
		binary.BigEndian.PutUint64(p[8:16], math.Float64bits(q[1]))
		binary.BigEndian.PutUint64(p[16:24], math.Float64bits(q[2]))
		binary.BigEndian.PutUint64(p[24:32], math.Float64bits(q[3]))
	}
	for i, e := range v {
		binary.BigEndian.PutUint64(out[8*i:], math.Float64bits(e))
	}
	return b
}

// ConsumeDoubles reads a list or set of double from the front of b and
// returns what follows.
func ConsumeDoubles(d *Decoder, b []byte) (v []float64, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, DOUBLE, 8)
	if err != nil {
		return nil, b, err
	}
	v = scalars[float64](d, n)
	in, out := b[:8*n], v
	for ; len(out) >= 4; in, out = in[32:], out[4:] {
		p, q := (*[32]byte)(in), (*[4]float64)(out)
		q[0] = math.Float64frombits(binary.BigEndian.Uint64(p[0:8]))
		q[1] = math.Float64frombits(binary.BigEndian.Uint64(p[8:16]))
		q[2] = math.Float64frombits(binary.BigEndian.Uint64(p[16:24]))
		q[3] = math.Float64frombits(binary.BigEndian.Uint64(p[24:32]))
	}
	for i := range out {
		out[i] = math.Float64frombits(binary.BigEndian.Uint64(in[8*i:]))
	}
	return v, b[8*n:], nil
}
