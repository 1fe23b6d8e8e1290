package thriftidl_test

import (
	"testing"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// FuzzParse checks that any text is parsed or refused, with places that lie
// in the text, and that what is parsed survives printing.
func FuzzParse(f *testing.F) {
	for _, text := range fixtures(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tree, list := thriftidl.Parse(source.NewFile("fuzz.thrift", text))
		for _, d := range list {
			_ = d.Render(report.Style{})
			if s := d.Primary.Span; s.Start < 0 || s.Start > s.End || s.End > len(text) {
				t.Fatalf("%s: span %d to %d in a text of %d bytes", d, s.Start, s.End, len(text))
			}
		}
		if list.HasErrors() {
			return
		}
		survives(t, tree)
	})
}

// survives fails if tree is another after it was printed and parsed, or
// printed in another way then.
func survives(t *testing.T, tree *thriftidl.File) {
	t.Helper()
	printed := string(thriftidl.Print(tree))
	again, list := thriftidl.Parse(source.NewFile(tree.Source.Name, printed))
	if list.HasErrors() {
		t.Fatalf("printed text has errors:\n%s\n%s", list[0].Render(report.Style{}), printed)
	}
	if d := difference(tree, again); d != "" {
		t.Fatalf("printed tree differs at %s\n%s", d, printed)
	}
	if twice := string(thriftidl.Print(again)); twice != printed {
		t.Fatalf("printed twice:\n%s\nprinted once:\n%s", twice, printed)
	}
}
