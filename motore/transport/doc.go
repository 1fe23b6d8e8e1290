// Package transport moves bytes: it dials and accepts connections over TCP,
// unix sockets, TLS and, for tests, memory, and gives every protocol the same
// small concrete type, [Conn].
//
// # Engines
//
// Two engines carry TCP and unix sockets, with the same contract and the same
// tests. [EngineNet] is package net, read and written through its raw
// connection: a goroutine per connection, a handler that runs on it, and one
// read(2) and one write(2) per request. [EngineNetpoll] is
// github.com/cloudwego/netpoll: no goroutine for a connection that is idle.
// TLS, memory, foreign net.Conn types and Windows always use package net.
//
// # How bytes pass through
//
// A server lets [Listener.Serve] accept; each connection pushes what arrives
// into its [ConnHandler], which answers with [Conn.Write]. A client either
// takes turns with [Conn.Exchange], or serves the connection as the server
// does and writes from anywhere (multiplexing).
//
//	Dialer.Dial ─► Conn.Exchange ──── bytes ───► Conn.Serve ─► ConnHandler.Data
//	                    ▲                                            │
//	                    └──────────── bytes ──── Conn.Write ◄────────┘
//
// # Ports and processes
//
// [Split] shares one listening socket among servers of several protocols. A
// [Restarter] hands sockets from a process to the one that replaces it.
//
// # Who owns the bytes
//
// What is passed to Write or Exchange belongs to the caller again on return.
// What Data receives belongs to the connection and is overwritten after Data
// has returned, unless the handler is a [Keeper] and keeps it.
//
// # What is concurrent
//
// A connection has one reader and one writer at a time, which may be different
// goroutines; the caller serialises writers. Close, the SetDeadline methods,
// Watch and the addresses may be used from anywhere at any time. Transport
// recovers no panic: one in Data ends the process unless the handler recovers.
package transport
