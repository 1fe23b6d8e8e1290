package transport

import (
	"crypto/tls"
	"slices"
	"strings"
)

// An Opening is what is known of a connection before anybody serves it.
type Opening struct {
	First []byte               // what the peer has sent first, at most 64 bytes of it; not to be changed or kept
	TLS   *tls.ConnectionState // nil without TLS
}

// A Verdict is what a [Rule] makes of an [Opening].
type Verdict uint8

// The verdicts.
const (
	No   Verdict = iota // the connection is for somebody else
	Yes                 // it is for this one
	More                // more bytes will tell; with 64 of them, the same as No
)

// A Rule tells whose a connection is. It is asked again with every byte that
// comes, and first without any, until it knows; it must not wait.
type Rule func(Opening) Verdict

// Anything says Yes to whoever has said something: the last of the rules, for
// a protocol such as Thrift whose messages begin in many ways, none of which
// is HTTP's.
func Anything(o Opening) Verdict {
	if len(o.First) == 0 {
		return More
	}
	return Yes
}

// preface is how every client of HTTP/2 begins (RFC 9113, section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// HTTP2 says Yes to HTTP/2, as gRPC speaks it, by ALPN or by its preface.
func HTTP2(o Opening) Verdict {
	if o.TLS != nil && o.TLS.NegotiatedProtocol == "h2" {
		return Yes
	}
	return begins(string(o.First), preface[:len("PRI ")])
}

// HTTP says Yes to HTTP/2 and to HTTP/1.1, as gRPC-Web speaks it on the port
// of a gRPC server, by ALPN or by the method of the first request.
func HTTP(o Opening) Verdict {
	if v := HTTP2(o); v == Yes || o.TLS != nil && o.TLS.NegotiatedProtocol == "http/1.1" {
		return Yes
	}
	return begins(string(o.First), methods...)
}

var methods = []string{"PRI ", "GET ", "POST ", "OPTIONS ", "HEAD ", "PUT ", "DELETE ", "PATCH ", "CONNECT ", "TRACE "}

// begins compares what is there with what should be.
func begins(first string, any ...string) Verdict {
	switch {
	case slices.ContainsFunc(any, func(p string) bool { return strings.HasPrefix(first, p) }):
		return Yes
	case slices.ContainsFunc(any, func(p string) bool { return strings.HasPrefix(p, first) }):
		return More
	}
	return No
}
