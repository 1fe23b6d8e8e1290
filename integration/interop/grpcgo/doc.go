// Package grpcgo tests volo-grpc against grpc-go: the interop cases, both
// ways, in clear. It is the quick part of
//
//	go run ./integration/conformance interop
//
// grpc-go is in the process of the test, Volo in the programs of that suite:
// the test messages of both cannot be linked together. The soaks are left to
// the suite.
package grpcgo
