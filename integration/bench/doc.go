// Command bench measures whole calls and codecs: this repository's frameworks
// against raw echoes, the floor, and against other frameworks, its peers, all
// in one run.
//
//	go run ./integration/bench                     lists scenarios and peers
//	go run ./integration/bench -run thrift-mux$    runs one of them
//
// How a measurement passes through the files:
//
//	main.go        reads the command line
//	scenario.go    says what there is to measure
//	catalog.go     finds the binaries of the peers that were asked for
//	session.go     goes through configurations, rounds and peers in turn
//	round.go       starts a server and a client, pinned to a core each, and
//	               measures one window
//
// and through the packages:
//
//	pin            starts a process on one core
//	child          the control pipe between this process and those two
//	load           closed-loop callers, latencies, use of CPU and memory
//	codec          shapes and the timing of codecs
//	balance        balancers, measured in this process
//	peer           the implementations of gRPC, each in a binary of its own
//	thriftpeer     those of Thrift, together in one
//	protocodec     those of the Protobuf codec, in another
//	raw            floors: echoes that do nothing else
//	idl            generates the code of the .proto files
//	kitex, vtproto software that is built and generated on demand, see package
//	               ondemand of this module
//	house          what such software is given of this benchmark
//	report         medians, paired ratios, targets, the table and JSON
package main

// The code in gen is generated: Volo's by this repository's tool, as volo.yml
// says, and Apache's by Apache's compiler (0.17, Debian's), whose output is
// checked in because few have it.
//
//go:generate go run ../../volo-cli/cmd/volo gen
//go:generate go run ./idl/generate
//go:generate thrift -strict --gen go:skip_remote,package_prefix=github.com/volo-go/volo/integration/bench/gen/apache/ -out gen/apache echo.thrift
//go:generate thrift -strict --gen go:skip_remote,package_prefix=github.com/volo-go/volo/integration/bench/gen/apache/ -out gen/apache codec.thrift
//go:generate gofmt -w gen/apache
