package transport

// An Engine says which machinery carries a connection's bytes. It is a
// preference: what an engine cannot carry (see the package comment) is carried
// by package net. [Conn.Engine] tells what was used.
type Engine uint8

// The engines.
const (
	// EngineDefault is EngineNet on every system: it measures better than
	// netpoll at one connection, at a hundred and at ten thousand idle ones, in
	// time and in memory. On two cores (go test -bench .), netpoll, package net
	// by itself and EngineNet take 6.0, 4.5 and 4.2 µs for a turn of 1 KiB over
	// 100 connections; with 10,000 that are idle 36, 18 and 18 µs for a turn on
	// one of them, and 11.7, 6.9 and 5.7 kB of memory for each.
	EngineDefault Engine = iota
	// EngineNet is package net.
	EngineNet
	// EngineNetpoll is github.com/cloudwego/netpoll, on Linux, macOS and the
	// BSDs, for TCP and unix sockets without TLS. It differs from package net
	// in three ways: a peer that closes its sending half counts as gone, so
	// that the connection ends once Data has returned; a deadline that passes while
	// somebody waits closes the connection; and there is no read backpressure,
	// so a connection with more than ListenConfig.ReadLimit unread bytes is
	// closed.
	EngineNetpoll
)

// String returns the engine's name.
func (e Engine) String() string {
	switch e {
	case EngineDefault:
		return "default"
	case EngineNet:
		return "net"
	case EngineNetpoll:
		return "netpoll"
	}
	return "unknown"
}
