package protofmt_test

import (
	"fmt"

	"github.com/volo-go/volo/pilota/protoidl/protofmt"
	"github.com/volo-go/volo/pilota/source"
)

func ExampleFormat() {
	text, list := protofmt.Format(source.NewFile("a.proto", `syntax="proto3";message Item{string name=1;// what it is called
}`))
	fmt.Print(list.Err(), "\n", string(text))
	// Output:
	// <nil>
	// syntax = "proto3";
	//
	// message Item {
	//   string name = 1; // what it is called
	// }
}
