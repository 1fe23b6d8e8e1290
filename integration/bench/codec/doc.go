// Package codec measures codecs, of the Thrift binary protocol and of Protobuf: what it costs to encode a value into a
// buffer that is reused and to decode one into a fresh value, for the shapes
// of codec.thrift and codec.proto.
//
// The contents of every shape are written down once, as wire bytes made by
// hand in this package, and each codec decodes its own value from them. So all
// codecs encode and decode the same, no codec is the judge of another, and a
// codec that does not give back a message of the same length is refused before
// it is timed.
//
// The package imports the standard library and load only, because the generated module
// of a foreign framework builds with a copy of it.
package codec
