// Package loadbalance decides which instance of a service a call goes to.
//
// A [Balancer] turns a snapshot of instances into a [Picker], once per change;
// a Picker chooses for each call and is the only part on its path. [New] ties
// both to a discovery.Discoverer and makes a layer of them:
//
//	Discoverer ──► snapshot ──► Balancer.Balance ──► Picker      per change
//	call ──► Service(req) ──► Picker.Pick ──► Use(req) ──► next  per attempt
//
// If an attempt fails and its error says that nothing was sent, the call goes
// to another instance of the same snapshot.
//
// Balancers and Pickers may be used from any number of goroutines. A pick
// takes nanoseconds; the first of a call allocates nothing.
package loadbalance
