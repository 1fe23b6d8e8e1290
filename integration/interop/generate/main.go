// Command generate compiles ThriftTest.thrift. It is called in the folder of
// package interop; go generate does that.
package main

import (
	"fmt"
	"os"

	"github.com/volo-go/volo/integration/interop/generated"
)

func main() {
	if err := generated.ThriftTest(".").Write(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
