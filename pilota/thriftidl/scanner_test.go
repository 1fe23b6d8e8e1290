package thriftidl_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// parse parses text, which must have no errors.
func parse(t *testing.T, text string) *thriftidl.File {
	t.Helper()
	tree, list := thriftidl.Parse(source.NewFile("test.thrift", text))
	if list.HasErrors() {
		t.Fatalf("%s\n%v", text, list)
	}
	return tree
}

// value parses a constant.
func value(t *testing.T, text string) *thriftidl.Value {
	t.Helper()
	return parse(t, "const i32 x = "+text).Nodes[0].(*thriftidl.Const).Value
}

func TestScalars(t *testing.T) {
	for text, want := range map[string]thriftidl.ValueKind{
		"0": thriftidl.IntValue, "+5": thriftidl.IntValue, "-5": thriftidl.IntValue, "0012": thriftidl.IntValue,
		"0x1F": thriftidl.IntValue, "-0X1f": thriftidl.IntValue, "123456789012345678901234567890": thriftidl.IntValue,
		"1.5": thriftidl.DoubleValue, ".5": thriftidl.DoubleValue, "-.5": thriftidl.DoubleValue, "1e10": thriftidl.DoubleValue,
		"1E-10": thriftidl.DoubleValue, "+1.5e+3": thriftidl.DoubleValue, "085.2355": thriftidl.DoubleValue,
		"e10": thriftidl.NameValue, "true": thriftidl.NameValue, "a.b.c": thriftidl.NameValue, "_x1.y2": thriftidl.NameValue,
		"a.1b": thriftidl.NameValue, "structFoo": thriftidl.NameValue,
		`"text"`: thriftidl.StringValue, `'text'`: thriftidl.StringValue, `""`: thriftidl.StringValue,
	} {
		v := value(t, text)
		if v.Kind != want || v.Text != text {
			t.Errorf("%s: got kind %d of %q, want %d", text, v.Kind, v.Text, want)
		}
	}
}

func TestIntegers(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "+5": 5, "-5": -5, "0012": 12, "098325": 98325, "0x1F": 31, "-0x1f": -31, "+0x10": 16, "0X7fffffffffffffff": 1<<63 - 1,
		"-0x8000000000000000": -1 << 63, "9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63,
	} {
		if got, ok := value(t, text).Int(); got != want || !ok {
			t.Errorf("%s: got %d, %t, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "0x8000000000000000", "99999999999999999999"} {
		if got, ok := value(t, text).Int(); ok {
			t.Errorf("%s: got %d, want that it does not fit", text, got)
		}
	}
}

func TestStrings(t *testing.T) {
	for text, want := range map[string]string{
		`"it's"`:                 `it's`,
		`'say "hi"'`:             `say "hi"`,
		`"\"\'\\\n\r\t"`:         "\"'\\\n\r\t",
		`"\0\a\b\f\v"`:           "\x00\a\b\f\v",
		`"\x41\xff\u00e9\u65e5"`: "A\xffé日",
		`"tab	inside"`:           "tab\tinside",
		`"// no comment # /*"`:   "// no comment # /*",
		`"日本"`:                   "日本",
		`"\d\x4\u12"`:            `\d\x4\u12`, // unknown escapes stand for themselves
	} {
		if got := value(t, text).String; got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestScannerRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"const i32 x = 12ab":                "malformed-number",
		"const i32 x = 5.":                  "malformed-number",
		"const i32 x = 0xg":                 "malformed-number",
		"const i32 x = 1.2.3":               "malformed-number",
		"const string x = \"a\nstruct S {}": "unterminated-string",
		"const string x = 'a":               "unterminated-string",
		"const string x = 'a\\":             "unterminated-string",
		"const string x = 'a\\\r\n":         "unterminated-string",
		"struct S {} /* open":               "unterminated-comment",
		"struct S {} /*/":                   "unterminated-comment",
		"struct é {}":                       "invalid-character",
		"struct S {} $":                     "invalid-character",
		"struct S {} \xff":                  "invalid-character",
		"struct S {} \x00":                  "invalid-character",
		"struct S {} / comment":             "invalid-character",
		"const i32 x = +":                   "invalid-character",
		"const i32 x = -":                   "syntax",
	} {
		_, list := thriftidl.Parse(source.NewFile("x", text))
		if len(list) != 1 || list[0].Code != want {
			t.Errorf("%q: got %v, want one %s", text, list, want)
		}
	}
}

func TestPositions(t *testing.T) {
	text := "\ufeff// 日本\r\nnamespace go x\r\n\r\nstruct Größe {}\n"
	_, list := thriftidl.Parse(source.NewFile("x", text))
	if len(list) == 0 || list[0].Primary.Span.Pos().String() != "x:4:10" {
		t.Errorf("got %v, want an error at x:4:10", list)
	}
}

func TestDocs(t *testing.T) {
	const text = `
/* licence */

// above the namespace,
// two lines
namespace go x

/** first */
/* plain */
/** second
 *    indented
 *
 * end */
// and more
struct A {
	// detached

	1: i32 a // beside a
	// above b
	2: i32 b // not this
	/// slashes
	## hashes
	3: i32 c
	4: i32 d
	/**/ 5: i32 e
	/**
	  No stars,
	    but indentation.
	*/
	6: i32 f
} // beside the brace
`
	tree := parse(t, text)
	if got, want := tree.Doc(), "above the namespace,\ntwo lines"; got != want {
		t.Errorf("file: got %q, want %q", got, want)
	}
	s := tree.Nodes[1].(*thriftidl.Struct)
	if got, want := s.Doc(), "second\n   indented\n\nend"; got != want {
		t.Errorf("struct: got %q, want %q", got, want)
	}
	for i, want := range []string{"beside a", "above b", "slashes\nhashes", "", "", "No stars,\n  but indentation."} {
		if got := s.Fields.List[i].MemberDoc(); got != want {
			t.Errorf("field %d: got %q, want %q", i+1, got, want)
		}
	}
	for text, want := range map[string]string{
		"/** about the file */\n/** about A */ struct A {}": "about the file",
		"/** about A */ struct A {}":                        "",
		"// about A\nstruct A {}":                           "",
		"// alone":                                          "alone",
		"/** one */ /** two */ namespace go x":              "one",
	} {
		if got := parse(t, text).Doc(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestParseOfHugeNesting(t *testing.T) {
	const n = 50_000 // enough for what is quadratic to time out
	for _, text := range []string{
		"struct S { 1: " + strings.Repeat("list<", n),
		"const i32 x = " + strings.Repeat("[", n),
		"const i32 x = " + strings.Repeat("{", n),
		"const i32 x = " + strings.Repeat("{1:[", n),
		"struct S " + strings.Repeat("{", n),
		strings.Repeat("struct S { 1: i32 x xsd_attrs {", n/10),
		"struct S {" + strings.Repeat("1: i32 a (", n),
		strings.Repeat("(", n), strings.Repeat(")", n), strings.Repeat("/*", n), strings.Repeat("\"", n), strings.Repeat("-", n),
		strings.Repeat("struct ", n), strings.Repeat("struct\n", n), strings.Repeat("é ", n),
		"enum E {" + strings.Repeat("A,,", n),
		"service S {" + strings.Repeat("void f(", n),
		"namespace go " + strings.Repeat("a-", n) + " =",
	} {
		_, list := thriftidl.Parse(source.NewFile("x", text))
		if !list.HasErrors() {
			t.Errorf("%.20s...: no errors", text)
		}
		_ = list[0].Render(report.Style{})
	}
}
