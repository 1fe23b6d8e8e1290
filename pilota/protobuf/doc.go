// Package protobuf is the runtime of Protobuf code that volo generates: a
// codec beside the one of google.golang.org/protobuf, for the same messages.
//
// Generated messages are real proto.Messages, with the fields, getters and
// descriptors that protoc-gen-go gives them. They implement [Codec] as well:
// straight-line code that knows its exact size, writes itself backwards into
// a buffer of that size, and consumes itself from a byte slice. Lengths of
// nested messages are known once their bytes are written, so that no size is
// computed again at each level, cached, or shared between goroutines. Messages
// of a few plain fields are appended forwards, without their size, into room
// for the longest encoding that they can have.
//
// There are two ways in. [Append], [Unmarshal] and [Size] take the codec when
// a message has one and google.golang.org/protobuf when not. And the stock
// functions find it too: [Reflection], the reflective view of a generated
// message, hands our functions to proto.Marshal, proto.Unmarshal and
// proto.Size, and leaves everything else to the stock implementation, which
// also does what is rare: extension fields, messages of other generators,
// merging, comparing, and words for an encoding error.
//
// # Who owns the bytes
//
// Appending never keeps a reference to the destination. Consuming keeps none
// to the message either, unless [Alias] is asked for: strings and bytes of one
// message are, by default, parts of one private copy of it ([CopyOnce]), so
// keeping one of them keeps all of them. [CopyEach] separates them.
// The messages of one repeated field or map are, by default, parts of slabs
// of at most 16 KiB.
//
// # Concurrency
//
// Encoding only reads the message: any number of goroutines may encode one at
// the same time. Nobody may change it meanwhile.
//
// # Distrust
//
// Every length and count is compared with the bytes that remain before
// anything is allocated for it, and nesting is bounded. A malformed message
// yields a [*DecodeError] with the offset and the path of the fault, never a
// panic. Wire rules: https://protobuf.dev/programming-guides/encoding.
package protobuf
