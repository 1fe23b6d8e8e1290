// Package examples is a shelf of programs, each on a page or two, for whoever
// wants to see how something is done. All run as they are, for instance
//
//	go run ./integration/examples/hello
//
// with server and client in one process, and tests hold them to what they
// print.
//
//	hello        the first service of the README: begin here
//	exceptions   declared exceptions, business errors, and what else can fail
//	generic      calls by IDL read at run time, in JSON
//	fieldmask    messages that are sent and received in parts
//	validation   rules of the IDL, checked by a layer
//	metadata     facts beside a call: down the line, one hop, and back
//	layers       logging and timing around every call
//	discovery    a discoverer of one's own, weights, instances that come
//	discoverers  a registry of one's own, a file, DNS, for Thrift and gRPC alike
//	balancer     a balancer of one's own, and one by key, for Thrift and gRPC alike
//	resilience   retries, breakers, limits, fallbacks, and a layer of one's own, for both
//	serviceconfig  what the owner of a service of gRPC asks of its clients: hedging, health
//	observability  an access log, one trace over both protocols, metrics, a debug page
//	paging       lists without end, in a protocol that has no streams
//	services     several services on one port, one connection for all
//	tls          certificates on both sides
//	oneport      Thrift, gRPC and gRPC-Web on one port
//	restart      a process is replaced by a new one, and no call fails
//	web          gRPC-Web: calls from web pages, on the port of gRPC
//	unix         a socket in the file system
//	testing      a service under test, without a network, in no time
//
// Beside each program lies its IDL; gen below it is what the compiler makes of
// that. go generate, called here, makes all of them anew.
package examples

//go:generate go run ./generate
