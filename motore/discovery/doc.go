// Package discovery finds the instances of a service: which addresses serve
// it, with what weight, and what changes.
//
// A client's balancing layer watches each service it calls through a
// [Discoverer] and picks from the latest snapshot, so a call itself never
// waits for a registry, the first one aside:
//
//	registry ──► Discoverer.Watch ──► snapshot ──► Picker ──► call
//
// Snapshots are slices that nobody changes once they are handed over; they
// may be read from any goroutine and kept. Whether an implementation keeps
// the law is checked by package discoverytest.
package discovery
