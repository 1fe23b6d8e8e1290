package thrift

import (
	"encoding/binary"
	"fmt"
)

// sizes holds the encoded size of the types that always have the same.
var sizes = [256]uint8{BOOL: 1, I8: 1, DOUBLE: 8, I16: 2, I32: 4, I64: 8, UUID: 16}

// Skip consumes a value of a type from the front of b and returns what
// follows. depth is how many structs and containers may nest, the value
// itself included. The error, if any, is a [*DecodeError] with an offset
// within b.
func Skip(b []byte, t Type, depth int) (rest []byte, err error) {
	rest, err = skip(b, t, depth)
	if err != nil {
		return rest, &DecodeError{Offset: len(b) - len(rest), Err: err}
	}
	return rest, nil
}

// Skip consumes a value of a type from the front of b, which must be a suffix
// of the message, and returns what follows.
func (d *Decoder) Skip(b []byte, t Type) (rest []byte, err error) {
	rest, err = skip(b, t, d.depth)
	if err != nil {
		return rest, d.Fail(rest, err)
	}
	return rest, nil
}

// skip returns plain errors; rest then begins at the fault.
func skip(b []byte, t Type, depth int) (rest []byte, err error) {
	if n := int(sizes[t]); n > 0 {
		if n > len(b) {
			return b, ErrTruncated
		}
		return b[n:], nil
	}
	if t == STRING {
		return skipString(b)
	}
	if t != STRUCT && t != LIST && t != SET && t != MAP {
		return b, fmt.Errorf("%w: %v", ErrInvalidType, t)
	}
	if depth--; depth < 0 {
		return b, ErrDepth
	}
	switch t {
	case STRUCT:
		return skipStruct(b, depth)
	case MAP:
		return skipMap(b, depth)
	}
	return skipList(b, depth)
}

func skipString(b []byte) (rest []byte, err error) {
	if len(b) < 4 {
		return b, ErrTruncated
	}
	n := int32(binary.BigEndian.Uint32(b))
	if n < 0 || int(n) > len(b)-4 {
		return b, fmt.Errorf("%w: string of %d bytes, %d bytes remain", ErrInvalidLength, n, len(b))
	}
	return b[4+n:], nil
}

func skipStruct(b []byte, depth int) (rest []byte, err error) {
	for {
		if len(b) == 0 {
			return b, ErrTruncated
		}
		t := Type(b[0])
		if t == STOP {
			return b[1:], nil
		}
		if len(b) < 3 {
			return b, ErrTruncated
		}
		if b, err = skip(b[3:], t, depth); err != nil {
			return b, err
		}
	}
}

func skipList(b []byte, depth int) (rest []byte, err error) {
	if len(b) < 5 {
		return b, ErrTruncated
	}
	t, n := Type(b[0]), int32(binary.BigEndian.Uint32(b[1:]))
	return skipElements(b, b[5:], n, depth, t)
}

func skipMap(b []byte, depth int) (rest []byte, err error) {
	if len(b) < 6 {
		return b, ErrTruncated
	}
	k, v, n := Type(b[0]), Type(b[1]), int32(binary.BigEndian.Uint32(b[2:]))
	return skipElements(b, b[6:], n, depth, k, v)
}

// skipElements consumes n times a value of each type from body. head is where
// the container begins, for errors.
func skipElements(head, body []byte, n int32, depth int, types ...Type) (rest []byte, err error) {
	// Every value takes a byte at least, so the loop below ends with the
	// input, whatever n pretends.
	if n < 0 || int(n) > len(body) {
		return head, fmt.Errorf("%w: container of %d elements, %d bytes remain", ErrInvalidLength, n, len(body))
	}
	if n == 0 {
		return body, nil // some peers write no types for an empty container
	}
	if total := fixedSize(types) * uint64(n); total > 0 {
		if total > uint64(len(body)) {
			return head, ErrTruncated
		}
		return body[total:], nil
	}
	for range n {
		for _, t := range types {
			if body, err = skip(body, t, depth); err != nil {
				return body, err
			}
		}
	}
	return body, nil
}

// fixedSize returns what one value of each type takes together, 0 if one of
// them varies.
func fixedSize(types []Type) uint64 {
	total := uint64(0)
	for _, t := range types {
		if sizes[t] == 0 {
			return 0
		}
		total += uint64(sizes[t])
	}
	return total
}
