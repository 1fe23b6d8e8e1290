// Package loadbalance decides which instance of a service a call goes to.
//
// A [Balancer] turns a snapshot of instances into a [Picker], once per change;
// a Picker chooses for each call and is the only part on its path. [New] ties
// both to a discovery.Discoverer and makes a layer of them:
//
//	Discoverer ──► snapshot ──► Balancer.Balance ──► Picker      per change
//	call ──► Service(req) ──► Picker.Pick ──► Use(req) ──► next  per attempt
//
// If an attempt ends [rpc.Unsent], the call goes to another instance of the
// same snapshot. A call that a layer further out makes again prefers another
// instance than the last one.
//
// # Which one
//
// All heed weights unless said otherwise. The costs are those of a pick, and of
// hearing of the call where there is something to hear, with 3 to 5000
// instances; the last column is what a change costs with 5000.
//
//	Random         nothing to know: calls are many and alike        10 ns       0.1 ms
//	RoundRobin     the same, exactly: small fleets, few calls       10 ns       0.7 ms
//	P2C            latencies differ, between instances or in time   90-105 ns   0.8 ms
//	LeastRequests  streams; calls that take very different times    25 ns       0.9 ms
//	Consistent     equal keys together; the fewest keys move        30-60 ns    25 ms
//	Maglev         equal keys together; the most even shares        12 ns       4 ms
//	  with Excess  and no key swamps its instance                   + 10-20 ns  + 1 ms
//	PickFirst      one server behind several addresses; no weights  3 ns        0
//
// and around any of them, to be read from the inside out:
//
//	Eject          not those that fail, for a time                  + 5 ns      + 0.8 ms
//	Subset         not all of thousands, but a part of one's own    + 2 ns      + 1 ms
//	Locality       near ones first, as long as they can             + 8 ns      + 0.5 ms
//
// [Default], for who has not chosen, is Eject(P2C(), EjectConfig{}). Where zones
// matter it may be Locality(Default(), LocalityConfig{Zone: "a"}).
//
// A Stage adds about 20 ns to a call, and 60 for the clock if the balancer wants
// to know how long calls take; those here are told the time then and need not look
// themselves. What the figures are here, and where calls and keys go, is printed
// by go run ./integration/bench -run balance.
//
// # What a Picker may know
//
// A Picker can be more than that, which costs nothing unless it is:
//
//	Tracker    hears of the begin and the end of each call, with its
//	           duration and its rpc.Outcome; a stream ends with the stream
//	Renewer    makes the Picker of the next snapshot, and passes on what it
//	           knows: a change forgets neither who is busy nor who is ejected
//	Inspector  says what it knows to who asks [Stage.State]
//
// Package loadbalancetest checks the law of all of them.
//
// # Keys
//
// [Consistent] and [Maglev] place a call by a key: what [WithKey] has put in
// its context, which the caller may do, or an outer layer; or what a [Key] of
// yours finds there, for instance with [KeyFrom] in metainfo.
//
// Balancers and Pickers may be used from any number of goroutines. The first
// pick of a call allocates nothing, and neither does hearing how it went.
package loadbalance
