// Package unframed finds the end of a strict binary Thrift message that comes
// without a frame, by walking its structure (Apache doc/specs
// thrift-binary-protocol.md).
//
// A connection keeps one [Scanner]. It peeks, asks the scanner, and either
// learns the message's size or how many bytes to wait for before it asks again,
// with the same bytes and more behind them. The scanner remembers where it
// stopped, so that a message costs time in proportion to its length however
// slowly its bytes arrive, and it skips over strings and lists of numbers
// without looking at them.
//
// The scanner neither keeps nor changes the bytes. It belongs to one goroutine
// at a time. It allocates only errors and, beyond the nesting of any sane
// message, its stack.
package unframed

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/volo-go/volo/pilota/thrift"
)

// A Scanner finds the end of one message after the other; Reset makes it ready
// for each and is required before the first.
//
//	  Reset
//	    │
//	    ▼
//	envelope ──► in the struct ──► done: Size, until Reset
//	    │          │      ▲
//	    └──────────┴──► failed: the same error, until Reset
//
// "In the struct" is a stack of open structs and containers. pos is where the
// next token begins, which may be beyond the bytes there are; a token that is
// not there in full leaves pos where it is.
type Scanner struct {
	limit, depth int

	pos   int64
	stack []level
	begun bool // the envelope is behind pos
	err   error

	inline [12]level // the first stack, so that Reset need not allocate
}

// A level is an open struct or container.
type level struct {
	kind kind
	elem [2]thrift.Type // of a list or set the element's, twice; of a map the key's and the value's
	left int64          // elements to come, keys and values counted apart; unused for a struct
}

type kind uint8

const (
	inStruct kind = iota
	inList        // also sets
	inMap
)

// Reset makes the scanner ready for a message of at most limit bytes, nested at
// most depth levels deep, the outermost struct being the first. From then on
// the scanner must not be copied.
func (s *Scanner) Reset(limit, depth int) {
	s.limit, s.depth = limit, depth
	s.pos, s.begun, s.err = 0, false, nil
	if s.stack == nil {
		s.stack = s.inline[:0]
	}
	s.stack = s.stack[:0]
}

// Size looks at b, which begins with the first byte of the message and holds
// what it held in the calls since Reset, and perhaps more. If the message is
// there in full, Size returns its size. Else size is 0 and need, which is
// greater than len(b), says how many bytes the message has at least. An error
// is final.
func (s *Scanner) Size(b []byte) (size, need int, err error) {
	if s.err != nil {
		return 0, 0, s.err
	}
	size, need, s.err = s.scan(b)
	return size, need, s.err
}

func (s *Scanner) scan(b []byte) (size, need int, err error) {
	if !s.begun {
		if need, err = s.envelope(b); need > 0 || err != nil {
			return 0, need, err
		}
	}
	for len(s.stack) > 0 {
		if need, err = s.step(b); need > 0 || err != nil {
			return 0, need, err
		}
	}
	return int(s.pos), 0, nil
}

// envelope walks over version, type, name and sequence id, and opens the
// struct.
func (s *Scanner) envelope(b []byte) (need int, err error) {
	const head, seq = 8, 4
	if len(b) < head {
		return head, nil
	}
	if v := binary.BigEndian.Uint16(b); v != 0x8001 {
		return 0, &FormatError{Offset: 0, What: fmt.Sprintf("version %#04x, want 0x8001", v)}
	}
	name := int32(binary.BigEndian.Uint32(b[4:]))
	if name < 0 {
		return 0, &FormatError{Offset: 4, What: fmt.Sprintf("negative length %d of the method name", name)}
	}
	s.pos, s.begun = head+int64(name)+seq, true
	return 0, s.push(level{kind: inStruct})
}

// step walks over one token: a field, a stop, or elements of a container. The
// invariant is that every open level has at least one more byte to come, so
// that no message makes us work for longer than it is.
func (s *Scanner) step(b []byte) (need int, err error) {
	top := &s.stack[len(s.stack)-1]
	if top.kind != inStruct {
		if top.left == 0 {
			s.stack = s.stack[:len(s.stack)-1]
			return 0, nil
		}
		return s.element(b, top)
	}
	if need, err = s.await(b, 1); need > 0 || err != nil {
		return need, err
	}
	typ := thrift.Type(b[s.pos])
	if typ == thrift.STOP {
		s.pos++
		if s.stack = s.stack[:len(s.stack)-1]; len(s.stack) == 0 {
			return 0, nil
		}
		return 0, s.checkSize()
	}
	return s.value(b, typ, 3) // type and field id
}

// element walks over the next element of a container, or over all of them if
// they are of fixed size.
func (s *Scanner) element(b []byte, top *level) (need int, err error) {
	if k, v := fixed(top.elem[0]), fixed(top.elem[1]); k > 0 && v > 0 {
		if top.kind == inMap {
			s.pos += (k + v) * (top.left / 2)
		} else {
			s.pos += k * top.left
		}
		top.left = 0
		return 0, s.checkSize()
	}
	typ := top.elem[0]
	if top.kind == inMap && top.left%2 == 1 {
		typ = top.elem[1]
	}
	// The element counts as walked over once value has begun it. value may move
	// the stack, so top must not be used afterwards.
	at := len(s.stack) - 1
	if need, err = s.value(b, typ, 0); need == 0 && err == nil {
		s.stack[at].left--
	}
	return need, err
}

// value walks over a value of that type, which begins skip bytes behind pos, as
// far as it can be seen at once: over all of a scalar or a string, over the head
// of a container, whose elements become a level.
func (s *Scanner) value(b []byte, typ thrift.Type, skip int64) (need int, err error) {
	if n := fixed(typ); n > 0 {
		s.pos += skip + n
		return 0, s.checkSize()
	}
	switch typ {
	case thrift.STRUCT:
		s.pos += skip
		return 0, s.push(level{kind: inStruct})
	case thrift.STRING:
		if need, err = s.await(b, skip+4); need > 0 || err != nil {
			return need, err
		}
		n, err := s.length(b, skip)
		if err != nil {
			return 0, err
		}
		s.pos += skip + 4 + n
		return 0, s.checkSize()
	case thrift.LIST, thrift.SET:
		if need, err = s.await(b, skip+5); need > 0 || err != nil {
			return need, err
		}
		n, err := s.length(b, skip+1)
		if err != nil {
			return 0, err
		}
		elem := thrift.Type(b[s.pos+skip])
		s.pos += skip + 5
		return 0, s.container(level{kind: inList, left: n, elem: [2]thrift.Type{elem, elem}})
	case thrift.MAP:
		if need, err = s.await(b, skip+6); need > 0 || err != nil {
			return need, err
		}
		n, err := s.length(b, skip+2)
		if err != nil {
			return 0, err
		}
		key, val := thrift.Type(b[s.pos+skip]), thrift.Type(b[s.pos+skip+1])
		s.pos += skip + 6
		return 0, s.container(level{kind: inMap, left: 2 * n, elem: [2]thrift.Type{key, val}})
	}
	return 0, &FormatError{Offset: int(s.pos), What: fmt.Sprintf("unknown type %d", typ)}
}

// container opens a container. An empty one may say any element type, as some
// writers leave it zero.
func (s *Scanner) container(l level) error {
	if l.left > 0 {
		for _, t := range l.elem {
			if !known(t) {
				return &FormatError{Offset: int(s.pos), What: fmt.Sprintf("container of unknown type %d", t)}
			}
		}
		// An element has at least one byte, so this container cannot end sooner.
		if least := s.pos + l.left; least > int64(s.limit) {
			return &SizeError{Size: int(min(least, math.MaxInt)), Limit: s.limit}
		}
	}
	return s.push(l)
}

func (s *Scanner) push(l level) error {
	if len(s.stack) >= s.depth {
		return &DepthError{Limit: s.depth}
	}
	s.stack = append(s.stack, l)
	return s.checkSize()
}

// await returns 0 if n bytes are there at pos, else how many b must have.
func (s *Scanner) await(b []byte, n int64) (need int, err error) {
	if end := s.pos + n; end > int64(len(b)) {
		if end > int64(s.limit) {
			return 0, &SizeError{Size: int(min(end, math.MaxInt)), Limit: s.limit}
		}
		return int(end), nil
	}
	return 0, nil
}

// length reads the length or count that stands skip bytes behind pos.
func (s *Scanner) length(b []byte, skip int64) (int64, error) {
	n := int32(binary.BigEndian.Uint32(b[s.pos+skip:]))
	if n < 0 {
		return 0, &FormatError{Offset: int(s.pos + skip), What: fmt.Sprintf("negative length %d", n)}
	}
	return int64(n), nil
}

// checkSize refuses to go on when what is behind pos, and the stop that ends
// every message, are already too much.
func (s *Scanner) checkSize() error {
	if s.pos >= int64(s.limit) {
		return &SizeError{Size: int(min(s.pos+1, math.MaxInt)), Limit: s.limit}
	}
	return nil
}

// fixed returns the size of a type whose values all have the same, else 0.
func fixed(t thrift.Type) int64 {
	switch t {
	case thrift.BOOL, thrift.I8:
		return 1
	case thrift.I16:
		return 2
	case thrift.I32:
		return 4
	case thrift.I64, thrift.DOUBLE:
		return 8
	case thrift.UUID:
		return 16
	}
	return 0
}

func known(t thrift.Type) bool {
	switch t {
	case thrift.STRUCT, thrift.STRING, thrift.LIST, thrift.SET, thrift.MAP:
		return true
	}
	return fixed(t) > 0
}
