// Package kitex is a suite of calls between Volo and Kitex, both ways, over all
// that both speak: unframed, framed and TTHeader, with and without a length
// inside, one call at a time or multiplexed.
//
// [Build] makes a program of Kitex, which this repository neither contains nor
// requires: its sources are embedded, its stubs generated from suite.thrift by
// Kitex's own tool. Our side runs in this process. [Run] is all of it:
//
//	suite.thrift   what both sides serve and call
//	stage          where handlers wait for each other, and cases, for both sides
//	module         the Kitex program: server, client and its cases, the same files
//	               as here
//	handler.go     our server
//	client.go      our client and the protocols
//	cases.go       the cases of our client
//	shutdown.go    servers that shut down under calls, both ways
//	known.go       what differs, and why that is so
package kitex
