// Package load drives an echo service with closed-loop callers and measures
// what the calls cost.
//
// A [Peer] is one implementation of the service, both sides of it. A run has
// as many callers as asked for; each sends its next request when the reply to
// the last one is there, so the number of requests in flight never exceeds the
// number of callers, and a peer that answers more slowly is sent less.
//
// Every caller has a message of its own and compares what comes back with it:
// a reply that went to the wrong caller counts as an error, as does one that
// was damaged.
//
// The package imports the standard library only, because the generated module
// of a foreign framework builds with a copy of it.
package load
