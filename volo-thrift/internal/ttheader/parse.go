package ttheader

import (
	"encoding/binary"
	"math"
	"strconv"
)

// A Header is the parsed header of one frame. It aliases the frame.
type Header struct {
	Flags    uint16
	Protocol byte
	SeqID    int32
	Length   int // of the whole frame, the LENGTH field itself included

	info []byte // the info blocks, checked by Parse
	// Where in info the first block of each kind begins and the last one ends.
	ints, strings span
}

type span struct{ from, to int }

func (s *span) add(from, to int) {
	if s.to == 0 { // no block ends at 0
		s.from = from
	}
	s.to = to
}

// FrameSize returns the size in bytes of the frame that begins at b, its LENGTH
// field included, or 0 if b is shorter than the 14 bytes it takes to know. The
// size is at most limit and [MaxFrameSize]; a longer frame is a [*LimitError], so
// nobody waits for bytes that will be refused.
func FrameSize(b []byte, limit int) (int, error) {
	if len(b) < fixedSize {
		return 0, nil
	}
	if binary.BigEndian.Uint16(b[4:]) != Magic {
		return 0, &FormatError{Offset: 4, What: "no TTHeader magic"}
	}
	length := int64(binary.BigEndian.Uint32(b))
	header := int64(binary.BigEndian.Uint16(b[12:])) * 4
	if header < 2 { // PROTO and NTRANS
		return 0, &FormatError{Offset: 12, What: "header size 0"}
	}
	if length < fixedSize-4+header {
		return 0, &FormatError{Offset: 0, What: "frame of " + strconv.FormatInt(length+4, 10) +
			" bytes is shorter than its header of " + strconv.FormatInt(fixedSize+header, 10)}
	}
	if limit = min(limit, MaxFrameSize); length+4 > int64(limit) {
		return 0, &LimitError{What: "frame", Size: int(min(length+4, math.MaxInt)), Limit: limit}
	}
	return int(length) + 4, nil
}

// Parse parses a whole frame, as long as [FrameSize] says, and checks every
// length in its header. The header and the payload alias frame.
//
// An info block with an unknown id ends the header: such a block does not say
// how long it is, so neither it nor anything behind it can be read. The payload
// is not affected, its place is known from HSIZE. Transforms and protocol ids
// that the format does not define are an [*UnsupportedError].
func Parse(frame []byte) (h Header, payload []byte, err error) {
	size, err := FrameSize(frame, MaxFrameSize)
	if err != nil {
		return Header{}, nil, err
	}
	if size == 0 || size != len(frame) {
		return Header{}, nil, &FormatError{What: "have " + strconv.Itoa(len(frame)) +
			" bytes of a frame of " + strconv.Itoa(size)}
	}
	h, end, err := ParseHead(frame)
	if err != nil {
		return Header{}, nil, err
	}
	return h, frame[end:size:size], nil
}

// ParseHead parses the header of a frame, as Parse does, of which [FrameSize]
// knows the size: the payload need not be there, and may be of any length.
// size is that of the header; if b is shorter, h is zero.
func ParseHead(b []byte) (h Header, size int, err error) {
	end := fixedSize + int(binary.BigEndian.Uint16(b[12:]))*4
	if len(b) < end {
		return Header{}, end, nil
	}
	h = Header{
		Flags:    binary.BigEndian.Uint16(b[6:]),
		SeqID:    int32(binary.BigEndian.Uint32(b[8:])),
		Protocol: b[14],
		Length:   int(binary.BigEndian.Uint32(b)) + 4,
	}
	switch h.Protocol {
	case ProtocolBinary, ProtocolCompact, ProtocolCompactV2, ProtocolKitexProtobuf,
		ProtocolThriftStruct, ProtocolProtobufStruct:
	default:
		return Header{}, 0, &UnsupportedError{What: "protocol id " + strconv.Itoa(int(h.Protocol))}
	}
	if n := int(b[15]); n > 0 {
		if fixedSize+2+n > end {
			return Header{}, 0, &FormatError{Offset: 15, What: strconv.Itoa(n) + " transform ids exceed the header"}
		}
		return Header{}, 0, unsupportedTransform(b[16])
	}
	if err := h.check(b[fixedSize+2 : end : end]); err != nil {
		return Header{}, 0, err
	}
	return h, end, nil
}

// check walks all blocks of info once, notes where ints and strings are, and
// leaves in h.info what the iterators may trust.
func (h *Header) check(info []byte) error {
	for i := 0; i < len(info); {
		from := i
		var bad string
		switch info[i] {
		case blockPadding:
			i++
			continue
		case blockInts:
			i, bad = checkPairs(info, i+1, true)
			h.ints.add(from, i)
		case blockStrings:
			i, bad = checkPairs(info, i+1, false)
			h.strings.add(from, i)
		case blockACL:
			i, bad = checkValue(info, i+1, "token")
			h.strings.add(from, i)
		default:
			h.info = info[:i]
			return nil
		}
		if bad != "" {
			return &FormatError{Offset: fixedSize + 2 + i, What: bad}
		}
	}
	h.info = info
	return nil
}

// checkPairs checks a section whose count is at info[i] and returns where it
// ends, or where and what is wrong.
func checkPairs(info []byte, i int, ints bool) (end int, bad string) {
	if len(info)-i < 2 {
		return i, "count of a section exceeds the header"
	}
	n := int(binary.BigEndian.Uint16(info[i:]))
	i += 2
	// The smallest pair, of either kind, has 4 bytes.
	if n > (len(info)-i)/4 {
		return i - 2, strconv.Itoa(n) + " fields cannot fit into the header"
	}
	for ; n > 0; n-- {
		if ints {
			i += 2
		} else if i, bad = checkValue(info, i, "key"); bad != "" {
			return i, bad
		}
		if i, bad = checkValue(info, i, "value"); bad != "" {
			return i, bad
		}
	}
	return i, ""
}

func checkValue(info []byte, i int, what string) (end int, bad string) {
	if len(info)-i < 2 {
		return i, "length of a " + what + " exceeds the header"
	}
	n := int(binary.BigEndian.Uint16(info[i:]))
	if n > len(info)-i-2 {
		return i, what + " of " + strconv.Itoa(n) + " bytes exceeds the header"
	}
	return i + 2 + n, ""
}
