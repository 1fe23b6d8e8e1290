// Package pin starts processes on one core each, so that neither the server
// nor the client of a measurement borrows the other's, and a Go process sees
// GOMAXPROCS=1 and does not count idle processors that it cannot use.
//
// Only Linux lets a process choose its cores; elsewhere [Cores] says so.
package pin

import "errors"

// ErrUnsupported says that this system cannot pin processes.
var ErrUnsupported = errors.New("this system does not pin processes to cores")

// ErrOneCore says that there are not two cores to pin to.
var ErrOneCore = errors.New("this process may use one core only, and pinning takes two")

// apart returns two cores of allowed that do not share a physical core, the
// later one first: interrupts tend to go to the first. siblings returns the
// cores that share a physical core with one, itself included. If all share
// one physical core, apart returns any two.
func apart(allowed []int, siblings func(core int) []int) (server, client int, err error) {
	if len(allowed) < 2 {
		return 0, 0, ErrOneCore
	}
	server = allowed[len(allowed)-1]
	shared := make(map[int]bool)
	for _, core := range siblings(server) {
		shared[core] = true
	}
	for i := len(allowed) - 2; i >= 0; i-- {
		if !shared[allowed[i]] {
			return server, allowed[i], nil
		}
	}
	return server, allowed[len(allowed)-2], nil
}
