// Package vologrpc is a gRPC framework: clients and servers for code that
// pilota generates from .proto files.
//
// # The life of a call
//
// On the client, file by file:
//
//	generated stub      names the method
//	client.go           makes the [Request], which is the call's context too;
//	                    target.go has said where to
//	client_stack.go     passes it through every layer, listed on one page
//	peer.go             finds a connection to the instance that was picked
//	line.go             makes it, and makes it again when it is lost
//	client_send.go      turns the request into headers and bytes,
//	                    and the answer back
//	stream_client.go    sends and receives what follows, in streaming calls
//	stream_replay.go    does so again on another attempt, if it may
//	internal/http2      moves it
//
// On the server:
//
//	server.go           accepts the connection
//	internal/http2      collects the request
//	router.go           finds the method
//	server_conn.go      checks what arrived and makes the [Request]
//	server_stack.go     passes it through every layer
//	generated code      calls the handler
//	stream_server.go    sends and receives messages of streaming calls
//	server_conn.go      sends the answer, in one write
//
// Calls of gRPC-Web, which [WithWeb] allows, and those of a server of net/http,
// whose handler a [Server] may be, take a detour (detour.go) past
// internal/http2, and then the same way:
//
//	web_http1.go        accepts the connection, if it speaks HTTP/1.1
//	web_stream.go       or handler.go and handler_call.go, on net/http,
//	                    stand between the call and its bytes
//
// # Layers
//
// One [Layer] type sees the calls of all four [Kind]s. On a client, a unary
// call has passed the layers when its answer is there; a streaming call, when
// its stream is open, which is then [Response.Stream]. On a server, any call
// has passed the layers when its handler has returned.
//
// # Errors
//
// Handlers return an [*Error], made by [Errorf], to choose the status that the
// caller sees; any other error becomes UNKNOWN, and those of package context
// what they mean. Every error of a client's call is an [*Error]: it has the
// code, the message and the details of the status, names the phase in which
// the call failed, and says whether the peer may have acted on it.
//
// # Memory
//
// Nothing that a handler, a layer or a caller can reach is recycled: requests,
// messages and contexts may be kept for as long as one likes. (A layer may
// renounce that, see [motore.Discreet]; most of ours do.) The strings of a message
// are parts of the memory it arrived in.
//
// Clients and servers may be used from any number of goroutines. Handlers and
// layers are called concurrently. On a stream one goroutine sends and one
// receives at a time.
package vologrpc
