// Command generate compiles the IDL of every example. It is called in the
// folder of the examples, as go generate does, and refuses to run elsewhere: it
// removes what it finds generated and not asked for.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/volo-go/volo/integration/interop/generated"
)

func main() {
	if dir, err := os.Getwd(); err != nil || filepath.Base(dir) != "examples" {
		fmt.Fprintln(os.Stderr, "generate: this is not the folder of the examples:", dir)
		os.Exit(1)
	}
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
