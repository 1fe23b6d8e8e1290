package thrift

import (
	"encoding/binary"
)

// Elements of lists and sets of one scalar type. Consuming begins with the
// header of the container; in appending the header is the caller's. Wide
// numbers are in numbers.go.

// extend returns b lengthened by n bytes that are to be overwritten.
func extend(b []byte, n int) []byte {
	if cap(b)-len(b) < n {
		b = Grow(b, n)
	}
	return b[:len(b)+n]
}

// AppendBools appends the elements of a list or set of bool.
func AppendBools(b []byte, v []bool) []byte {
	for _, e := range v {
		b = append(b, Bool(e))
	}
	return b
}

// ConsumeBools reads a list or set of bool from the front of b and returns
// what follows.
func ConsumeBools(d *Decoder, b []byte) (v []bool, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, BOOL, 1)
	if err != nil {
		return nil, b, err
	}
	v = scalars[bool](d, n)
	for i, e := range b[:n] {
		v[i] = e != 0
	}
	return v, b[n:], nil
}

// AppendI8s appends the elements of a list or set of i8.
func AppendI8s(b []byte, v []int8) []byte {
	n := len(b)
	b = extend(b, len(v))
	out := b[n:]
	for i, e := range v {
		out[i] = byte(e)
	}
	return b
}

// ConsumeI8s reads a list or set of i8 from the front of b and returns what
// follows.
func ConsumeI8s(d *Decoder, b []byte) (v []int8, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, I8, 1)
	if err != nil {
		return nil, b, err
	}
	v = scalars[int8](d, n)
	for i, e := range b[:n] {
		v[i] = int8(e)
	}
	return v, b[n:], nil
}

// AppendUUIDs appends the elements of a list or set of uuid.
func AppendUUIDs(b []byte, v [][16]byte) []byte {
	for i := range v {
		b = append(b, v[i][:]...)
	}
	return b
}

// ConsumeUUIDs reads a list or set of uuid from the front of b and returns
// what follows.
func ConsumeUUIDs(d *Decoder, b []byte) (v [][16]byte, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, UUID, 16)
	if err != nil {
		return nil, b, err
	}
	v = make([][16]byte, n)
	for i := range v {
		v[i], b = [16]byte(b[:16]), b[16:]
	}
	return v, b, nil
}

// StringsSize returns the number of bytes that the elements of a list or set
// of string or binary take.
func StringsSize[T string | []byte](v []T) int {
	n := 4 * len(v)
	for i := range v {
		n += len(v[i])
	}
	return n
}

// AppendStrings appends the elements of a list or set of string or binary.
func AppendStrings[T string | []byte](b []byte, v []T) ([]byte, error) {
	for i := range v {
		if len(v[i]) > MaxLength {
			return b, InElement(ErrTooLong, i)
		}
		b = binary.BigEndian.AppendUint32(b, uint32(len(v[i])))
		b = append(b, v[i]...)
	}
	return b, nil
}

// ConsumeStrings reads a list or set of string from the front of b and
// returns what follows.
func ConsumeStrings(d *Decoder, b []byte) (v []string, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, STRING, 4)
	if err != nil {
		return nil, b, err
	}
	v = make([]string, n)
	for i := range v {
		if v[i], b, err = d.ConsumeString(b); err != nil {
			return nil, b, InElement(err, i)
		}
	}
	return v, b, nil
}

// ConsumeBinaries reads a list or set of binary from the front of b and
// returns what follows.
func ConsumeBinaries(d *Decoder, b []byte) (v [][]byte, rest []byte, err error) {
	n, b, err := d.ConsumeListHeader(b, STRING, 4)
	if err != nil {
		return nil, b, err
	}
	v = make([][]byte, n)
	for i := range v {
		if v[i], b, err = d.ConsumeBytes(b); err != nil {
			return nil, b, InElement(err, i)
		}
	}
	return v, b, nil
}
