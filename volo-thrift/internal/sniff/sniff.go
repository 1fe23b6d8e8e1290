// Package sniff tells from the first bytes of a connection, or of a message
// within one, which dialect of Thrift the peer speaks. A server asks it before
// each message and answers in the same dialect.
//
// Only dialects that the framework speaks are accepted. What else is
// recognisable is refused with an [*UnknownError] that says what it was, so
// that a log line tells a browser on the wrong port from a misconfigured
// client.
//
// The functions keep nothing, change nothing and are safe for concurrent use;
// they allocate only errors.
package sniff

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A Dialect is a way of putting Thrift messages on a byte stream.
type Dialect uint8

// The dialects.
const (
	Undecided      Dialect = iota
	Framed                 // u32 length, then a strict binary message
	Unframed               // strict binary messages back to back; Apache calls it buffered
	TTHeader               // a TTHeader frame, then a strict binary message
	TTHeaderFramed         // a TTHeader frame, then u32 length, then the message
)

var names = [...]string{"undecided", "framed", "unframed", "ttheader", "ttheader-framed"}

// String returns the name of the dialect in lower case.
func (d Dialect) String() string {
	if int(d) < len(names) {
		return names[d]
	}
	return fmt.Sprintf("dialect %d", uint8(d))
}

// Enough is the number of bytes that [Detect] needs at most. The shortest
// message of every dialect has more.
const Enough = 8

// An UnknownError says that the peer speaks something that this framework does
// not.
type UnknownError struct {
	What  string // what it was, for example "an HTTP/1.1 request"; "" if not recognised
	First []byte // the first bytes, at most 8
}

func (e *UnknownError) Error() string {
	if e.What == "" {
		return fmt.Sprintf("peer does not speak a known Thrift dialect: it sent % x", e.First)
	}
	return fmt.Sprintf("peer does not speak a known Thrift dialect: it sent %s (% x)", e.What, e.First)
}

const (
	versionBinary   = 0x8001 // Thrift binary protocol encoding, strict message
	versionProtobuf = 0x9001 // Kitex Protobuf
	magicTTHeader   = 0x1000
	magicTHeader    = 0x0fff // Apache doc/specs/HeaderFormat.md
	magicMesh       = 0xffaf
	flagStreaming   = 0x0002
)

// Detect decides by the bytes at the start of a message. If they are too few,
// it returns Undecided and how many it needs. TTHeaderFramed is not told apart
// from TTHeader here: that takes a look at the payload, see package framed.
//
// Two words decide: of a framed dialect the first four bytes are a length, at
// most 0x3fffffff, and the next four the start of what it holds; of an unframed
// one the first four say what it is.
func Detect(b []byte) (d Dialect, need int, err error) {
	if len(b) < 2 {
		return Undecided, Enough, nil
	}
	if b[0] >= 0x40 { // no length, but perhaps a word
		if binary.BigEndian.Uint16(b) == versionBinary {
			return Unframed, 0, nil
		}
		if what := unframed(b); what != "" || len(b) >= 4 {
			return Undecided, 0, unknown(what, b)
		}
	}
	if len(b) < Enough {
		return Undecided, Enough, nil
	}
	if isClientHello(b) {
		return Undecided, 0, unknown("a TLS ClientHello; this listener does not speak TLS", b)
	}
	switch binary.BigEndian.Uint16(b[4:]) {
	case versionBinary:
		return Framed, 0, nil
	case magicTTHeader:
		if binary.BigEndian.Uint16(b[6:])&flagStreaming != 0 {
			return Undecided, 0, unknown("a TTHeader streaming frame", b)
		}
		return TTHeader, 0, nil
	}
	return Undecided, 0, unknown(framed(b), b)
}

// words are the beginnings of protocols that are not Thrift in our sense. None
// of them is the start of a length.
var words = [...]struct{ first, what string }{
	{"PRI ", "an HTTP/2 preface"},
	{"GET ", http}, {"POST", http}, {"PUT ", http}, {"HEAD", http}, {"DELE", http},
	{"OPTI", http}, {"PATC", http}, {"CONN", http}, {"TRAC", http},
	{"HTTP", "an HTTP/1.1 response"},
	{"PROX", "a PROXY protocol header"},
	{`[1,"`, "the Thrift JSON protocol"},
}

const http = "an HTTP/1.1 request"

// unframed recognises what says by itself what it is.
func unframed(b []byte) string {
	switch first := binary.BigEndian.Uint16(b); {
	case first == magicMesh:
		return "a mesh header"
	case first == versionProtobuf:
		return "the Kitex Protobuf protocol, unframed"
	case first&0xff1f == 0x8201:
		return "the Thrift compact protocol, unframed"
	case first&0xff00 == 0x8000:
		return "the Thrift binary protocol in an unknown version"
	}
	if len(b) >= 4 {
		for i := range words {
			if string(b[:4]) == words[i].first {
				return words[i].what
			}
		}
	}
	return ""
}

// framed recognises what stands behind a length.
func framed(b []byte) string {
	length, inner := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	switch {
	case inner>>16 == magicTHeader:
		return "the Apache THeader protocol"
	case inner>>16 == versionProtobuf:
		return "the Kitex Protobuf protocol, framed"
	case inner>>16&0xff1f == 0x8201:
		return "the Thrift compact protocol, framed"
	case string(b[4:7]) == "[1,":
		return "the Thrift JSON protocol, framed"
	case string(b[:Enough]) == proxyV2:
		return "a PROXY protocol header"
	// Without a version a binary message begins with the length of its name,
	// behind which come a byte and four more.
	case length <= maxName && isNameStart(b[4]):
		return "the Thrift binary protocol without a version (not strict)"
	case 0 < inner && inner <= maxName && length > inner+8:
		return "the Thrift binary protocol without a version (not strict), framed"
	}
	return ""
}

const (
	proxyV2 = "\r\n\r\n\x00\r\nQ" // the PROXY protocol, section 2.2
	maxName = 1 << 10             // of a method, beyond which a guess is not worth it
)

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// isClientHello recognises a TLS handshake record (RFC 8446, section 5.1) that
// begins with a ClientHello. Read as a length it would be a frame of 352 MiB,
// which nobody sends; therefore it is asked first.
func isClientHello(b []byte) bool {
	return b[0] == 0x16 && b[1] == 0x03 && b[2] <= 0x04 && b[3] <= 0x40 && b[5] == 0x01
}

func unknown(what string, b []byte) error {
	return &UnknownError{What: what, First: slices.Clone(b[:min(len(b), Enough)])}
}
