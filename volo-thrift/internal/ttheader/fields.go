package ttheader

import "encoding/binary"

// Ints yields the int fields in the order of the wire, duplicates included.
// The values alias the frame.
func (h *Header) Ints(yield func(id uint16, value []byte) bool) {
	for b := h.info[h.ints.from:h.ints.to]; len(b) > 0; {
		var n int
		kind := b[0]
		if n, b = count(b); kind != blockInts {
			b = skip(b, kind, n)
			continue
		}
		for ; n > 0; n-- {
			id := binary.BigEndian.Uint16(b)
			var value []byte
			if value, b = field(b[2:]); !yield(id, value) {
				return
			}
		}
	}
}

// Strings yields the string fields in the order of the wire, duplicates
// included, and the ACL token under [KeyACLToken]. Keys and values alias the
// frame.
func (h *Header) Strings(yield func(key, value []byte) bool) {
	for b := h.info[h.strings.from:h.strings.to]; len(b) > 0; {
		var n int
		kind := b[0]
		switch n, b = count(b); kind {
		case blockStrings:
			for ; n > 0; n-- {
				var key, value []byte
				key, b = field(b)
				if value, b = field(b); !yield(key, value) {
					return
				}
			}
		case blockACL:
			if !yield(aclKey(), b[:n:n]) {
				return
			}
			b = b[n:]
		default:
			b = skip(b, kind, n)
		}
	}
}

// aclKey returns a fresh slice in each call, since a yielded slice may be
// changed by whoever owns the frame. Frames with ACL tokens are rare.
func aclKey() []byte { return []byte(KeyACLToken) }

// Int returns the value of an int field; of several with that id, the last
// one, as in the maps that Kitex and Volo decode into.
func (h *Header) Int(id uint16) (value []byte, ok bool) {
	for i, v := range h.Ints {
		if i == id {
			value, ok = v, true
		}
	}
	return value, ok
}

// String returns the value of a string field; of several with that key, the
// last one.
func (h *Header) String(key string) (value []byte, ok bool) {
	for k, v := range h.Strings {
		if string(k) == key {
			value, ok = v, true
		}
	}
	return value, ok
}

// count reads the head of a block: its id and the number behind it, which is
// the count of fields or, for a token, its length. Padding has no number.
func count(b []byte) (n int, rest []byte) {
	if b[0] == blockPadding {
		return 0, b[1:]
	}
	return int(binary.BigEndian.Uint16(b[1:])), b[3:]
}

// field reads a key or a value.
func field(b []byte) (v, rest []byte) {
	n := int(binary.BigEndian.Uint16(b)) + 2
	return b[2:n:n], b[n:]
}

// skip returns what follows the n fields of a block.
func skip(b []byte, kind byte, n int) []byte {
	switch kind {
	case blockInts:
		for ; n > 0; n-- {
			_, b = field(b[2:])
		}
	case blockStrings:
		for n *= 2; n > 0; n-- {
			_, b = field(b)
		}
	case blockACL:
		b = b[n:]
	}
	return b
}

// Decimal parses a value as a decimal int64: an optional minus and digits, and
// nothing else.
func Decimal(value []byte) (n int64, ok bool) {
	digits := value
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	var u uint64 // 19 digits fit
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	if len(digits) < len(value) {
		return -int64(u), u <= 1<<63
	}
	return int64(u), u < 1<<63
}
