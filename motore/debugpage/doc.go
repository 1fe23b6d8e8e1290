// Package debugpage shows in a browser what clients and servers of a process
// are doing: calls in flight, those that were slow or failed lately, methods
// with their rates and latencies, connections, balancers, circuit breakers and
// the runtime.
//
//	page := debugpage.New(debugpage.Config{Title: "shop"})
//	page.Server("shop", server) // of either framework, as clients are
//	page.Client("stock", client)
//	page.Breaker("stock", circuits)
//
//	volothrift.NewServer(volothrift.WithLayers(volothrift.Observe(page)))
//	mux.Handle("/debug/volo", page)
//
// A [Page] is an [observe.Observer], which sees calls, and an [http.Handler],
// which shows them. Nothing is served until it is mounted, and whoever mounts
// it decides who may come: the page tells names of services, addresses and the
// text of errors, and nothing of requests and answers.
//
// # The page
//
// It is one document, without anything from elsewhere. With a script, which a
// browser need not run, it renews itself each two seconds while it is looked
// at; without, each five. With the query ?format=json, or if JSON is what is
// asked for, it is the [Snapshot] that it was made from.
//
// # Cost
//
// A call that a page observes takes two allocations, three locks that are held
// for a few instructions, and readings of the clock. What the page shows of
// clients, servers and circuits is asked for when somebody looks.
package debugpage
