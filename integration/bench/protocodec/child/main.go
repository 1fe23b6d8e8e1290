// Command child is the benchmark's child that has the codecs of package
// protocodec and nothing else.
package main

import (
	"fmt"
	"os"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/protocodec"
)

func main() {
	house := child.House{Codecs: protocodec.Codecs()}
	if err := house.Main(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
