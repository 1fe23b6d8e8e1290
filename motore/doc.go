// Package motore is the middleware core that the Thrift and the gRPC framework
// share: a [Service] is a function from request to response, a [Layer] wraps
// one service into another.
//
// A call enters the outermost layer and passes inward, layer by layer, to the
// service that does the work; the response returns the same way:
//
//	caller ──► layer 1 ──► layer 2 ──► … ──► service
//	       ◄──         ◄──         ◄──   ◄──
//
// Layers are applied once, when a client or a server is built, never per call,
// so a chain costs one indirect call a layer and allocates nothing.
//
// A service that promises to leave nothing behind is [Discreet], which lets a
// framework use the memory of its requests again.
//
// Who owns what: a service owns neither its context nor its request once Call
// has returned; a layer that wants to keep either copies what it needs. What
// is concurrent: everything in this package may be used from any number of
// goroutines once built.
package motore
