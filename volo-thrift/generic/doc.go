// Package generic calls and serves Thrift services that the program was not
// compiled with: gateways, proxies, consoles, mocks. What generated code would
// know comes from descriptors (pilota/thrift/descriptor), which the compiler
// makes of IDL files at run time and generated code can carry.
//
//	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"shop.thrift"}})
//	shop := generic.NewClient(connection, files[0].Service("Shop"), generic.Options{})
//	item, err := shop.CallJSON(ctx, "GetItem", []byte(`{"request": {"id": 7}}`))
//
// There are three forms of a call, alike on both ends:
//
//	JSON    text, see package dynamic
//	map     trees of Go values, see package dynamic
//	binary  encoded structs as they are on the wire, untouched; descriptors are
//	        not needed, only the names of the methods
//
// Below them everything is as with generated code: connections, protocols,
// layers, deadlines, metadata, business errors. Generic and generated code may
// be on either end.
//
// # The life of a call
//
// On the client, arguments become a [dynamic.Struct], which is the Args of the
// request that layers see: they may look into it by name, and change it. The
// answer is kept in wire form and taken apart when the call returns. On the
// server it is the other way round. Nothing is decoded that nobody asks for.
//
// # Errors
//
// A declared exception is an [*Exception] on both ends. Arguments that do not
// suit the IDL fail before anything is sent, with the errors of package
// dynamic; a server answers them with an exception of type ProtocolError.
//
// Clients and services may be used concurrently; nothing here is recycled, and
// whoever gets bytes or trees owns them.
package generic
