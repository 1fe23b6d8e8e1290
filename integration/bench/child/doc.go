// Package child runs the two sides of a measurement as processes of their own
// and lets their parent steer them.
//
// A child is started as
//
//	BINARY serve PEER -addr 127.0.0.1:0
//	BINARY load PEER -addr HOST:PORT -c CALLERS -size BYTES -conns N -idle N
//	BINARY codec CODEC
//
// and says so on its standard output when it is ready. From then on the parent
// writes one [Order] a line to the child's standard input and the child answers
// each with one [Report] a line. It ends when its standard input does, so no
// child outlives its parent.
//
//	parent                          child
//	  │  ── starts ──────────────────►│ listens, or connects its callers
//	  │  ◄───────────── Report{Addr} ─│
//	  │  ── Order{Do: "run"} ────────►│
//	  │  ◄─── Report{Result, Usage} ──│
//	  │  ── end of input ────────────►│ closes and exits
//
// Any binary that calls [House.Main] can be a child: those of this repository,
// and modules that are generated on demand for foreign frameworks. Therefore the
// package imports nothing but the standard library and its two sisters that
// also do.
package child
