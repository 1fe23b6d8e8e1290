package protofmt_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/protoidl/protofmt"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

func TestWhatIsWrittenHow(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"an empty file stays empty", "", ""},
		{"headers stand in groups",
			"syntax='proto3';package a.b;import\"x\";import public \"y\";option go_package=\"z\";message M{}",
			"syntax = 'proto3';\n\npackage a.b;\n\nimport \"x\";\nimport public \"y\";\n\noption go_package = \"z\";\n\nmessage M {}\n"},
		{"single empty lines stay, more become one, those at the edges go",
			"message M {\n\n  int32 a = 1;\n  int32 b = 2;\n\n\n\n  int32 c = 3;\n\n}\n",
			"message M {\n  int32 a = 1;\n  int32 b = 2;\n\n  int32 c = 3;\n}\n"},
		{"options that fit stay on the line",
			"message M { int32 a=1[deprecated=true,(x).y.(z.w)=- 1]; }",
			"message M {\n  int32 a = 1 [deprecated = true, (x).y.(z.w) = -1];\n}\n"},
		{"options that do not fit take a line each",
			"message M { int32 a = 1 [(aaaaaaaaaaaaaaaaaaaaaaaaa) = \"bbbbbbbbbbbbbbbbbbbbbbbbb\", (cccccccccccccccccccccc) = \"ddd\", deprecated = true]; }",
			"message M {\n  int32 a = 1 [\n    (aaaaaaaaaaaaaaaaaaaaaaaaa) = \"bbbbbbbbbbbbbbbbbbbbbbbbb\",\n    (cccccccccccccccccccccc) = \"ddd\",\n    deprecated = true\n  ];\n}\n"},
		{"a literal stays on the line if it was there",
			"option (o)={a:1 b:[1,2]c{d:2}};",
			"option (o) = { a: 1 b: [1, 2] c { d: 2 } };\n"},
		{"a literal stays on several lines if it was",
			"option (o) = {\na:1 b:[1,2],c{d:2}};",
			"option (o) = {\n  a: 1\n  b: [1, 2],\n  c { d: 2 }\n};\n"},
		{"comments stay on their lines",
			"// a\nmessage M{// b\n/* c */int32 a=1;// d\n// e\n}// f\n// g",
			"// a\nmessage M { // b\n  /* c */\n  int32 a = 1; // d\n  // e\n} // f\n// g\n"},
		{"comments in the midst of a statement stay there",
			"message M { int32 /* a */ b // c\n = 1; }",
			"message M {\n  int32 /* a */ b // c\n      = 1;\n}\n"},
		{"blocks of comment keep their shape",
			"message M {\n/*\n * a\n *  b\n */\nint32 a = 1;\n\t/* c\n\t\td */\n}",
			"message M {\n  /*\n   * a\n   *  b\n   */\n  int32 a = 1;\n  /* c\n  \td */\n}\n"},
		{"stray semicolons go",
			"message M {;int32 a = 1;;};",
			"message M {\n  int32 a = 1;\n}\n"},
		{"long reservations flow over lines",
			"message M { reserved " + strings.Repeat("1000, ", 16) + "1000; }",
			"message M {\n  reserved " + strings.Repeat("1000, ", 14) + "1000,\n      1000, 1000;\n}\n"},
		{"methods",
			"service S{rpc A( stream .a.B )returns(C){}rpc D(E)returns(stream F){option deprecated=true;}}",
			"service S {\n  rpc A(stream .a.B) returns (C) {}\n  rpc D(E) returns (stream F) {\n    option deprecated = true;\n  }\n}\n"},
		{"maps, groups and extensions",
			"message M{map < string,.a.B >m=1;extensions 5 to max;optional group G=2{}}extend .a.B{optional int32 x=5;}",
			"message M {\n  map<string, .a.B> m = 1;\n  extensions 5 to max;\n  optional group G = 2 {}\n}\n\nextend .a.B {\n  optional int32 x = 5;\n}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, list := protofmt.Format(source.NewFile("a.proto", tt.text))
			if list.HasErrors() {
				t.Fatal(list)
			}
			// The parser has warnings only for what it takes to be proto2.
			if string(got) != tt.want {
				t.Errorf("%s\nwant\n%s", got, tt.want)
			}
			survives(t, tt.text)
		})
	}
}

func TestErrorsPointIntoTheText(t *testing.T) {
	text, list := protofmt.Format(source.NewFile("a.proto", "syntax = \"proto3\";\nmessage M {\n  int32 a 1;\n}\n"))
	if text != nil || len(list) != 1 {
		t.Fatalf("%q, %d diagnostics, want none and 1: %v", text, len(list), list)
	}
	if got, want := list[0].String(), "a.proto:3:11: error: syntax error: expecting ';' [invalid-proto]"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestAByteOrderMarkChangesNothing(t *testing.T) {
	const text = "syntax = \"proto3\"; // of 2016\n// M is documented.\nmessage M {\n  int32 a = 1; // the first\n\n  int32 b = 2;\n}\n"
	want, _ := protofmt.Format(source.NewFile("a.proto", text))
	got, list := protofmt.Format(source.NewFile("a.proto", "\ufeff"+text))
	if string(got) != string(want) || len(list) > 0 {
		t.Errorf("got\n%s%v\nwant\n%s", got, list, want)
	}
	_, list = protofmt.Format(source.NewFile("a.proto", "\ufeff"+strings.Replace(text, "b = 2", "b 2", 1)))
	if len(list) != 1 || list[0].Primary.Span.Text() != "2" {
		t.Errorf("got %v, want a complaint about the number", list)
	}
}

// fixtures returns the text of every .proto file that tests of pilota have,
// by name of import.
func fixtures(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, dir := range []string{"testdata", "../../testdata/proto"} {
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".proto") {
				return err
			}
			text, err := os.ReadFile(name)
			rel, _ := filepath.Rel(dir, name)
			files[filepath.ToSlash(rel)] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 5 {
		t.Fatalf("%d fixtures", len(files))
	}
	return files
}

func format(t testing.TB, text string) string {
	t.Helper()
	out, list := protofmt.Format(source.NewFile("a.proto", text))
	if list.HasErrors() {
		t.Fatalf("%s\n%s", list[0].Render(report.Style{}), text)
	}
	return string(out)
}

// survives fails if formatting changes more than white space, or changes a
// formatted text.
func survives(t testing.TB, text string) {
	t.Helper()
	once := format(t, text)
	if got, want := words(t, once), words(t, text); got != want {
		t.Fatalf("%s\nbecomes\n%s\nwith the words\n%s", text, once, firstDifference(got, want))
	}
	if twice := format(t, once); twice != once {
		t.Fatalf("%s\nbecomes another when formatted twice:\n%s", once, firstDifference(twice, once))
	}
}
