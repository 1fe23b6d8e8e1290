package thriftidl_test

import (
	"strings"
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

// vocabulary is what FuzzTokens writes with.
var vocabulary = strings.Split("struct S {| A |1: |i32 |a|}|,|;|\n|list<|>|map<i8,|=|5 |-0x1f |.5e1 |'s'|\"t\\n\"|[|]|{|:|(|k='v'|)|"+
	"service T {|void |f(|throws (|oneway |extends |enum E {|union |exception |const |typedef |namespace go |-|x.y|include 'b'|"+
	"senum |cpp_namespace |slist |xsd_all |xsd_attrs {|xsd_optional |cpp_type 'c' |& |optional |required |async |struct |string |true |"+
	"// line\n|# hash\n|/* block */|/* two\n\t lines */|/** doc\n * doc\n */|\n\n\n|\t|    ", "|")

// FuzzTokens checks the same of texts made of tokens, more of which are right.
func FuzzTokens(f *testing.F) {
	f.Add([]byte("\x00\x02\x03\x04\x05"))
	f.Fuzz(func(t *testing.T, words []byte) {
		var b strings.Builder
		for _, w := range words {
			b.WriteString(vocabulary[int(w)%len(vocabulary)])
		}
		tree, list := thriftidl.Parse(source.NewFile("fuzz.thrift", b.String()))
		if !list.HasErrors() {
			survives(t, tree)
		}
	})
}
