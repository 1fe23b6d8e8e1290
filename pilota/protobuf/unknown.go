package protobuf

import "encoding/binary"

// Unknown consumes the field at b[start:], which the schema does not know or
// not with this wire type, appends it to *kept unless it is to be forgotten,
// and returns the position after it.
func (d *Decoder) Unknown(b []byte, start int, kept *[]byte) (next int, err error) {
	next, at, why := skip(b, start, d.depth)
	if why != nil {
		return 0, &DecodeError{Offset: d.offset(b) + at, Err: why}
	}
	if !d.discard {
		tag, i := Varint(b, start)
		*kept = append(binary.AppendUvarint(*kept, tag), b[i:next]...)
	}
	return next, nil
}

// skip returns the position after the field at b[i:]. If it is malformed, why
// says so and at says where. Groups nest at most depth deep.
func skip(b []byte, i, depth int) (next, at int, why error) {
	at = i
	tag, i := Varint(b, i)
	if i < 0 {
		return 0, at, ErrTruncated
	}
	if tag>>3 == 0 || tag>>3 > maxNumber {
		return 0, at, ErrInvalidTag
	}
	switch tag & 7 {
	case wireVarint:
		_, next = Varint(b, i)
	case wireFixed64:
		next = i + 8
	case wireFixed32:
		next = i + 4
	case wireBytes:
		n, j := Varint(b, i)
		if j < 0 || n > uint64(len(b)-j) {
			return 0, i, ErrTruncated
		}
		next = j + int(n)
	case wireStartGroup:
		return skipGroup(b, i, depth, tag)
	case wireEndGroup:
		return 0, at, ErrEndGroup
	default:
		return 0, at, ErrInvalidTag
	}
	if next < 0 || next > len(b) {
		return 0, i, ErrTruncated
	}
	return next, 0, nil
}

// skipGroup returns the position after a group whose first tag, start, ends at
// b[i], and in at the position of its last tag.
func skipGroup(b []byte, i, depth int, start uint64) (next, at int, why error) {
	if depth <= 0 {
		return 0, i, ErrDepth
	}
	for {
		tag, after := Varint(b, i)
		if after < 0 {
			return 0, i, ErrTruncated
		}
		if tag == endOf(start) {
			return after, i, nil
		}
		if i, at, why = skip(b, i, depth-1); why != nil {
			return 0, at, why
		}
	}
}

// endOf returns the tag that ends the group that start begins.
func endOf(start uint64) uint64 { return start + (wireEndGroup - wireStartGroup) }

// Skip returns the position after the field at b[start:].
func (d *Decoder) Skip(b []byte, start int) (next int, err error) {
	next, at, why := skip(b, start, d.depth)
	if why != nil {
		return 0, &DecodeError{Offset: d.offset(b) + at, Err: why}
	}
	return next, nil
}

// Count returns how many fields with this tag follow one another at b[i:],
// whole and of wire type bytes, as far as that can be told, and at most limit.
func Count(b []byte, i int, tag uint64, limit int) (n int) {
	for n < limit && i+1 < len(b) {
		if tag < 0x80 {
			if b[i] != byte(tag) {
				break
			}
			i++
		} else {
			t, next := Varint(b, i)
			if next < 0 || t != tag || next >= len(b) {
				break
			}
			i = next
		}
		size := uint64(b[i])
		if i++; size >= 0x80 {
			if size, i = Varint(b, i-1); i < 0 {
				break
			}
		}
		if size > uint64(len(b)-i) {
			break
		}
		i += int(size)
		n++
	}
	return n
}
