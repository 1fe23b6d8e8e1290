package thriftidl

import "github.com/volo-go/volo/pilota/source"

// A kind tells what a token is. Punctuation is its own kind: the byte.
type kind uint8

const (
	eof     kind = 0
	ident   kind = 1 // dotted or not, keywords included
	integer kind = 2 // decimal or hexadecimal, with its sign
	double  kind = 3
	literal kind = 4 // a quoted string
	bad     kind = 5 // what the scanner has complained about already
)

// A token is a piece of the source with the comments around it.
type token struct {
	kind kind
	span source.Span
	line int // on which it begins
	end  int // the line on which it ends

	value string // of a literal, without quotes and escapes

	leading  []Comment // above it, or right before it on its line
	trailing []Comment // behind it on its line
	blank    bool      // an empty line separates it from what is before it, its leading comments included
}

func (t *token) text() string { return t.span.Text() }

// is reports whether t is the word s.
func (t *token) is(s string) bool { return t.kind == ident && t.text() == s }

// String describes the token for "expected ..., found ...".
func (t *token) String() string {
	switch {
	case t.kind == eof:
		return "the end of the file"
	case t.kind == literal:
		return "a string"
	case t.kind == bad:
		return "an invalid token"
	case t.kind == ident && keywords[t.text()]:
		return "keyword `" + t.text() + "`"
	}
	return "`" + t.text() + "`"
}

// keywords are the words of Apache Thrift 0.25's scanner that cannot be names,
// except of fields and arguments. The words of older grammars (senum, slist,
// cpp_namespace and so on) are recognised where they can stand and are names
// elsewhere.
var keywords = words(
	"namespace", "cpp_include", "include", "cpp_type",
	"void", "bool", "byte", "i8", "i16", "i32", "i64", "double", "string", "binary", "uuid",
	"map", "list", "set", "oneway", "async", "typedef", "struct", "union", "exception",
	"extends", "throws", "service", "enum", "const", "required", "optional", "true", "false",
)

// definitionWords are the keywords that begin a definition or a header.
var definitionWords = words(
	"namespace", "include", "cpp_include",
	"const", "typedef", "enum", "struct", "union", "exception", "service",
)

// legacyNamespaces are the headers from before the namespace keyword, with
// the scope that each stands for.
var legacyNamespaces = map[string]string{
	"cpp_namespace":      "cpp",
	"php_namespace":      "php",
	"py_module":          "py",
	"perl_package":       "perl",
	"ruby_namespace":     "rb",
	"smalltalk_category": "smalltalk.category",
	"smalltalk_prefix":   "smalltalk.prefix",
	"java_package":       "java",
	"cocoa_prefix":       "cocoa",
	"xsd_namespace":      "xsd",
	"csharp_namespace":   "csharp",
	"delphi_namespace":   "delphi",
}

func words(list ...string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}
