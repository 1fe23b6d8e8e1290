package breaking_test

import (
	"fmt"

	"github.com/volo-go/volo/pilota/breaking"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/report"
)

func ExampleThrift() {
	compile := func(text string) *ir.Program {
		p, _ := lower.Lower(lower.Options{
			Inputs:   []string{"shop.thrift"},
			KeepAll:  true,
			ReadFile: func(string) ([]byte, error) { return []byte(text), nil },
		})
		return p
	}
	for _, f := range breaking.Thrift(compile("struct Item {1: i32 price}"), compile("struct Item {1: i64 price}"), "v1.0.0") {
		fmt.Print(f.Diagnostic.Render(report.Style{}))
	}
	// Output:
	// error: `Item.price` is a `i64`, was a `i32` [field-type-changed]
	//  --> shop.thrift:1:21
	//   |
	// 1 | struct Item {1: i64 price}
	//   |                     ^^^^^
	//   |
	//  ::: shop.thrift@v1.0.0:1:21
	//   |
	// 1 | struct Item {1: i32 price}
	//   |                     ----- before
	//   |
	//   = help: WIRE: one side cannot read what the other writes
}
