package http2

import (
	"encoding/binary"

	xhttp2 "golang.org/x/net/http2"
)

const frameHeader = 9 // bytes

// appendFrameHeader appends the head of a frame (RFC 9113, section 4.1).
func appendFrameHeader(b []byte, length int, typ xhttp2.FrameType, flags xhttp2.Flags, id uint32) []byte {
	return append(b, byte(length>>16), byte(length>>8), byte(length), byte(typ), byte(flags),
		byte(id>>24), byte(id>>16), byte(id>>8), byte(id))
}

// closeHeaders frames the header block that was appended to b from at on as
// HEADERS and CONTINUATION frames: reserve frameHeader bytes, append the
// block, then call it.
func closeHeaders(b []byte, at int, id uint32, end bool, maxFrame int) []byte {
	flags := xhttp2.Flags(0)
	if end {
		flags = xhttp2.FlagHeadersEndStream
	}
	block := len(b) - at - frameHeader
	if block <= maxFrame {
		putFrameHeader(b[at:], block, xhttp2.FrameHeaders, flags|xhttp2.FlagHeadersEndHeaders, id)
		return b
	}
	rest := append([]byte(nil), b[at+frameHeader+maxFrame:]...)
	b = b[:at+frameHeader+maxFrame]
	putFrameHeader(b[at:], maxFrame, xhttp2.FrameHeaders, flags, id)
	for len(rest) > 0 {
		n := min(len(rest), maxFrame)
		flags := xhttp2.Flags(0)
		if n == len(rest) {
			flags = xhttp2.FlagContinuationEndHeaders
		}
		b = appendFrameHeader(b, n, xhttp2.FrameContinuation, flags, id)
		b = append(b, rest[:n]...)
		rest = rest[n:]
	}
	return b
}

func putFrameHeader(b []byte, length int, typ xhttp2.FrameType, flags xhttp2.Flags, id uint32) {
	appendFrameHeader(b[:0], length, typ, flags, id)
}

// openHeaders makes room for the head of a HEADERS frame.
func openHeaders(b []byte) (_ []byte, at int) {
	return append(b, make([]byte, frameHeader)...), len(b)
}

// appendData appends body as DATA frames.
func appendData(b []byte, body []byte, id uint32, end bool, maxFrame int) []byte {
	for {
		n := min(len(body), maxFrame)
		flags := xhttp2.Flags(0)
		if end && n == len(body) {
			flags = xhttp2.FlagDataEndStream
		}
		b = appendFrameHeader(b, n, xhttp2.FrameData, flags, id)
		b = append(b, body[:n]...)
		if body = body[n:]; len(body) == 0 {
			return b
		}
	}
}

func appendReset(b []byte, id uint32, code ErrCode) []byte {
	b = appendFrameHeader(b, 4, xhttp2.FrameRSTStream, 0, id)
	return binary.BigEndian.AppendUint32(b, uint32(code))
}

func appendWindowUpdate(b []byte, id uint32, n uint32) []byte {
	b = appendFrameHeader(b, 4, xhttp2.FrameWindowUpdate, 0, id)
	return binary.BigEndian.AppendUint32(b, n)
}

func appendPing(b []byte, data [8]byte, ack bool) []byte {
	flags := xhttp2.Flags(0)
	if ack {
		flags = xhttp2.FlagPingAck
	}
	return append(appendFrameHeader(b, 8, xhttp2.FramePing, flags, 0), data[:]...)
}

func appendGoAway(b []byte, last uint32, code ErrCode, reason string) []byte {
	b = appendFrameHeader(b, 8+len(reason), xhttp2.FrameGoAway, 0, 0)
	b = binary.BigEndian.AppendUint32(b, last)
	b = binary.BigEndian.AppendUint32(b, uint32(code))
	return append(b, reason...)
}

func appendSettings(b []byte, settings ...xhttp2.Setting) []byte {
	b = appendFrameHeader(b, 6*len(settings), xhttp2.FrameSettings, 0, 0)
	for _, s := range settings {
		b = binary.BigEndian.AppendUint16(b, uint16(s.ID))
		b = binary.BigEndian.AppendUint32(b, s.Val)
	}
	return b
}

func appendSettingsAck(b []byte) []byte {
	return appendFrameHeader(b, 0, xhttp2.FrameSettings, xhttp2.FlagSettingsAck, 0)
}
