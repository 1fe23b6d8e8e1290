// Package http2 is the transport of gRPC: HTTP/2 (RFC 9113) with the message
// envelopes of gRPC, both sides, on golang.org/x/net/http2's Framer and hpack.
//
// # The way of a call
//
//	caller ─► Request block ─┐ one append under the writer's lock,
//	          DATA           ├ one write for all calls that are ready
//	                         ┘
//	reader ─► HEADERS ─► hpack ─► stream ─► messages ─► receiver
//	          DATA ────────────────────────┘
//
// A connection has one goroutine that reads ([conn.Data], driven by package
// transport) and none that writes: whoever has something to send appends it and,
// if nobody is writing, writes (package combine). The reader never waits for
// the network or for a user of a stream.
//
// # Who owns what
//
//	the reader's goroutine   decoder, assembly of header blocks, receive windows
//	the writer's lock        encoder, send windows, settings of the peer, ids
//	conn.mu                  the stream table, places, shares, going away
//	stream.mu                what has arrived on the stream
//
// Locks are taken in this order: writer, conn.mu, stream.mu. A message that
// Recv returns belongs to the caller; header fields are immutable strings. The
// reader takes a unary call off the table before it tells the client's receiver of
// the end, and is done with its stream when it unlocks it: from then on the
// receiver may give it to another call ([ClientStream.Release]).
//
// # What a peer cannot do
//
// It cannot make us hold more than [Config].MaxUnread bytes of messages, 64 MiB
// of large ones that it was granted in advance, two lists of header fields and
// some 8 MiB of answers that it does not read. Windows that grow do not change
// that: what they let come is counted as unread. It cannot open more than
// MaxConcurrentStreams, nor keep more than twice as many handlers running. It is
// sent away with ENHANCE_YOUR_CALM if it sends too much that is of no use
// (guard.go), header blocks without end, or pings too often.
package http2
