// Package apachetest is the peer that we did not write: Apache's ThriftTest
// service on Apache's Go runtime, so that interoperability is tested against
// others and not against ourselves.
//
// Package thrifttest below it is what Apache's compiler, version 0.25.0, makes
// of ThriftTest.thrift, which lies here as Apache ships it in the directory test
// of the module github.com/apache/thrift. The compiler, built from the directory
// compiler/cpp of the same module, was called as
//
//	thrift --gen go:skip_remote,struct_key_entries -out . ThriftTest.thrift
//
// [Handler] answers as the comments in the IDL demand. [Start] and [StartServer]
// serve it on loopback, [NewClient] calls such a server, framed or unframed
// (Apache says buffered), always in the strict binary protocol. [Check] puts
// every method of any ThriftTest to the test, whoever stands behind it.
package apachetest
