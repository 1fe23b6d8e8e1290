// Command child is the benchmark's child that has the peers of package
// volo and nothing else.
package main

import (
	"fmt"
	"os"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/peer/volo"
)

func main() {
	house := child.House{Peers: volo.All()}
	if err := house.Main(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
