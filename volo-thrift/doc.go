// Package volothrift is a Thrift RPC framework: clients and servers for code
// that pilota generates from an IDL.
//
// # The life of a call
//
// On the client, file by file:
//
//	generated stub      fills arguments and result, one allocation
//	client.go           makes the [Request], which is the call's context too
//	client_stack.go     passes it through every layer, listed on one page
//	peer.go             finds the way to the instance that was picked
//	peer_multiplex.go   shares a connection with other calls, or
//	peer_pingpong.go    takes one from a pool
//	codec.go            turns the request into bytes, and the answer back
//
// On the server:
//
//	server.go           accepts the connection
//	server_conn.go      cuts it into messages, whatever dialect the peer speaks
//	server_call.go      takes each call from its message to its reply, by way of
//	server_codec.go     takes a message apart and makes the [Request]
//	router.go           finds the method
//	server_stack.go     passes the request through every layer
//	generated code      calls the handler
//	server_codec.go     turns what it returned into the reply
//
// Where calls follow one another on a connection, internal/lending decides on
// either side whether the next message is read into memory of its own.
//
// # Protocols
//
// The payload is the strict binary protocol. Around it is a TTHeader, a frame,
// both, or nothing, see [Protocol]. A client chooses; a server recognises all
// of them, message by message, and answers in kind. With TTHeader, the
// default, deadlines, metadata (package metainfo) and business errors travel
// beside the message, and a client multiplexes its calls over one connection.
//
// # Errors
//
// A client's call fails in one of three ways. The peer's handler returned an
// exception that the IDL declares: errors.As finds its generated type. It
// returned a [BizError]: errors.As finds that. Anything else is an [*Error],
// which names the phase and says whether the peer may have seen the request.
//
// # Memory
//
// Nothing that a handler, a layer or a caller can reach is recycled: requests,
// messages and contexts may be kept for as long as one likes. (A layer may
// renounce that, see [motore.Discreet]; most of ours do.) The strings of one
// message share one allocation; [WithDecodeOptions] offers other choices.
//
// Clients and servers may be used from any number of goroutines. Handlers and
// layers are called concurrently.
package volothrift
