// Package thrift is the runtime of generated Thrift code: wire types, the
// binary protocol (append and consume), message envelopes, exceptions and
// errors. It imports the standard library only.
package thrift
