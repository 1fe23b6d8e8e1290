// Command generate compiles the IDL of every example. It is called in the
// folder of the examples; go generate does that.
package main

import (
	"fmt"
	"os"

	"github.com/volo-go/volo/integration/interop/generated"
)

func main() {
	folders, err := generated.Examples(".")
	for _, f := range folders {
		if err == nil {
			err = f.Write()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
