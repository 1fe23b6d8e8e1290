// Package discovery finds the instances of a service: which addresses serve
// it, with what weight, and what changes.
//
// A client's balancing layer watches each service it calls through a
// [Discoverer] and picks from the latest snapshot, so a call itself never
// waits for a registry, the first one aside:
//
//	registry ──► Discoverer.Watch ──► snapshot ──► Picker ──► call
//
// A server is announced through a [Registrar] while it serves; [Announcer] is
// what both frameworks have in common of that:
//
//	listen ──► Registrar.Register … ctx is done ──► gone ──► linger ──► drain
//
// # Where instances come from
//
//	Static, WeightedStatic   a list that never changes
//	NewDNS                   A, AAAA and SRV records, renewed; headless services
//	File                     a file of JSON, watched
//	motore/contrib/etcd      etcd, also as a Registrar; a module of its own
//	Func                     a function of one's own
//
// [Filter] and [WarmUp] change what another Discoverer finds.
//
// # Laws
//
// A snapshot is all there is to know: each replaces the one before, holds an
// address once, and never goes back in time. So a change cannot be lost, nor
// an instance doubled, however changes come together.
//
// Snapshots are slices that nobody changes once they are handed over; they
// may be read from any goroutine and kept.
//
// Not to know is not to know of none. A Discoverer that cannot reach its
// registry says nothing, or fails; then what was known stays in use. An empty
// snapshot is a statement.
//
// Both interfaces block and end with their context, so that whoever starts
// one waits for it, and cleaning up is part of the call. Both return an error
// when they cannot go on, and their callers try again: retries and pauses are
// in one place and not in each registry.
//
// Whether an implementation keeps the laws is checked by package
// discoverytest, which is for implementations of one's own, too.
package discovery
