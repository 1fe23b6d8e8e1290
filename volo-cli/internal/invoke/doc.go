// Package invoke calls any service of Thrift or gRPC by what an IDL, or the
// server itself, says about it, with JSON in and out. It is what `volo call`,
// `volo bench` and `volo console` have in common.
//
//	peer, err := invoke.Open(ctx, invoke.Config{Target: "127.0.0.1:8888", IDLs: []string{"shop.thrift"}})
//	method, err := peer.Method(ctx, "Shop/GetItem")
//	reply, err := peer.Call(ctx, method, invoke.Call{Next: invoke.Messages([]byte(`{"id": 7}`)), Receive: show})
//
// # The way of a call
//
//	open.go          Open decides on the protocol, by the IDL or by asking
//	detect.go        the server in which framing it speaks Thrift
//	schema.go        what services, methods and types look like from outside:
//	schema_thrift.go descriptors that pilota.Describe makes of .thrift files
//	schema_grpc.go   descriptors of .proto files, of descriptor sets, or of
//	reflection.go    the server, asked as they are needed
//	outline.go       all of it at once, piece by piece, for forms; of each
//	                 protocol, outline_thrift.go and outline_grpc.go
//	check.go         is this JSON a request, and if not, where is it wrong
//	call.go          Call, Reply, and which side speaks when:
//	call_thrift.go   volo-thrift/generic
//	call_grpc.go     volo-grpc with dynamic messages, all kinds of streams
//	failure.go       an error becomes what people and scripts are told
//
// # Memory and concurrency
//
// A Peer may be used concurrently. What it returns is the caller's, but
// Services and Methods, which nobody changes.
package invoke
