package lint_test

import (
	"fmt"

	"github.com/volo-go/volo/pilota/lint"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/report"
)

func ExampleThrift() {
	program, warnings := lower.Lower(lower.Options{
		Inputs:  []string{"shop.thrift"},
		KeepAll: true,
		ReadFile: func(string) ([]byte, error) {
			return []byte("namespace go shop\nstruct Item {1: required string id}\n"), nil
		},
	})
	for _, d := range lint.Thrift(program, warnings, lint.Options{Enable: []string{"field-id-gap"}}) {
		fmt.Print(d.Render(report.Style{}))
	}
	// Output:
	// warning: field `id` is required [required-field]
	//  --> shop.thrift:2:33
	//   |
	// 2 | struct Item {1: required string id}
	//   |                                 ^^
	//   |
	//   = help: a required field can never be removed: readers of before refuse messages without it
}
