// Package thrift is the runtime of generated Thrift code: wire types, the
// strict binary protocol, message envelopes, exceptions and errors. It imports
// the standard library only.
//
// Generated types implement [Struct]: they append themselves to a byte slice
// and consume themselves from the front of one. Nothing here reflects, and no
// reader or writer stands between a struct and its bytes. [Marshal] and
// [Unmarshal] do the whole of it for one value; frameworks call the three
// methods themselves, with a [Decoder] that they reuse.
//
// # Who owns the bytes
//
// Appending never keeps a reference to the destination. Consuming keeps none
// to the message either, unless [Alias] is asked for: strings and binaries of
// one message are, by default, parts of one private copy of it ([CopyOnce]),
// so keeping one of them keeps all of them. [CopyEach] separates them.
//
// Other small things come in chunks as well: the structs of one list or map,
// the nodes of a tree (at most 32 together), optional scalars and short lists
// of numbers (at most 2 KiB, which messages decoded one after the other may
// share), optional strings (1 KiB). A pointer to one piece keeps its chunk;
// copy the value to keep only that.
//
// # Strings
//
// Thrift strings are bytes that ought to be UTF-8. Like Apache's Go library
// this package neither checks nor repairs them, in either direction: what was
// sent is what arrives.
//
// # Distrust
//
// Every length and count is compared with the bytes that remain before
// anything is allocated for it, nesting is bounded, and [DecodeOptions] sets
// tighter limits. A malformed message yields a [*DecodeError] with the offset
// and the path of the fault, never a panic.
package thrift
