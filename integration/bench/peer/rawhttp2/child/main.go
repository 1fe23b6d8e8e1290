// Command child is the benchmark's child that has the peers of package
// rawhttp2 and nothing else.
package main

import (
	"fmt"
	"os"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/peer/rawhttp2"
)

func main() {
	house := child.House{Peers: rawhttp2.All()}
	if err := house.Main(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
