package thrift

import (
	"encoding/binary"
	"fmt"
)

// ConsumeListHeader reads the header of a list or set from the front of b and
// returns the number of elements and what follows. elem is the type that the
// IDL says, min the least number of bytes that an element takes; n elements
// of that size are known to fit in rest, so that allocating n is safe. It
// stays safe where containers nest: all of a message together may have as
// many elements as the message has bytes, for each takes at least one that no
// other has. On an error rest begins at the fault.
func (d *Decoder) ConsumeListHeader(b []byte, elem Type, min int) (n int, rest []byte, err error) {
	if len(b) < 5 {
		return 0, b, d.Fail(b, ErrTruncated)
	}
	n = int(int32(binary.BigEndian.Uint32(b[1:5])))
	left := d.elements - n
	if uint(n) > uint(len(b)-5)/uint(min) || n > d.maxContainer || left < 0 || Type(b[0]) != elem {
		return d.oddContainer(b, b[5:], n, min, elem != Type(b[0]))
	}
	d.elements = left
	return n, b[5:], nil
}

// ConsumeMapHeader reads the header of a map from the front of b and returns
// the number of entries and what follows. min is the least number of bytes
// that an entry takes. On an error rest begins at the fault.
func (d *Decoder) ConsumeMapHeader(b []byte, key, value Type, min int) (n int, rest []byte, err error) {
	if len(b) < 6 {
		return 0, b, d.Fail(b, ErrTruncated)
	}
	n = int(int32(binary.BigEndian.Uint32(b[2:6])))
	left := d.elements - n
	other := Type(b[0]) != key || Type(b[1]) != value
	if uint(n) > uint(len(b)-6)/uint(min) || n > d.maxContainer || left < 0 || other {
		return d.oddContainer(b, b[6:], n, min, other)
	}
	d.elements = left
	return n, b[6:], nil
}

// oddContainer judges what the fast path does not take. Some peers write no
// types, or any, for an empty container.
func (d *Decoder) oddContainer(head, body []byte, n, min int, other bool) (int, []byte, error) {
	switch {
	case n == 0:
		return 0, body, nil
	case n < 0 || n > len(body)/min:
		err := fmt.Errorf("%w: container of %d elements, %d bytes remain", ErrInvalidLength, n, len(body))
		return 0, head, d.Fail(head, err)
	case other:
		return 0, head, d.Fail(head, fmt.Errorf("%w: %v", ErrElementType, Type(head[0])))
	case n > d.elements:
		err := fmt.Errorf("%w: containers in containers claim more elements than the message has bytes", ErrInvalidLength)
		return 0, head, d.Fail(head, err)
	}
	return 0, head, d.tooMany(head, n)
}
