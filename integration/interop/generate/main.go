// Command generate compiles ThriftTest.thrift, and the service that the tests
// of volo-thrift/generic call. It is called in the folder of package interop;
// go generate does that.
package main

import (
	"fmt"
	"os"

	"github.com/volo-go/volo/integration/interop/generated"
)

func main() {
	for _, folder := range []generated.Folder{generated.ThriftTest("."), generated.Shop(".")} {
		if err := folder.Write(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
