package main

import (
	"testing"

	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
)

func Example() {
	main()
	// Output:
	// Thrift canary: map[next:3 one:3 three:3 two:3]
	// Thrift by user: one instance has all 12 calls: true
	// gRPC canary: map[next:3 one:3 three:3 two:3]
	// gRPC by user: one instance has all 12 calls: true
}

// Whoever writes a balancer has its contract tested for the asking.
func TestCanaryIsABalancer(t *testing.T) {
	loadbalancetest.Run(t, loadbalancetest.Subject{Balancer: oneInFour})
}
