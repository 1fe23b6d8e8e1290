package protofmt_test

import (
	"context"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/pilota/protoidl/protofmt"
	"github.com/volo-go/volo/pilota/source"
)

// words returns the tokens and comments of a text, one on a line, without the
// white space in comments and without semicolons.
func words(t testing.TB, text string) string {
	t.Helper()
	tree, err := parser.Parse("a.proto", strings.NewReader(text), reporter.NewHandler(nil))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var b strings.Builder
	var comments []string
	items := tree.Items()
	for item, ok := items.First(); ok; item, ok = items.Next(item) {
		raw := tree.ItemInfo(item).RawText()
		if _, c := tree.GetItem(item); c.IsValid() {
			comments = append(comments, strings.Join(strings.Fields(raw), " "))
		} else if raw != ";" {
			b.WriteString(raw + "\n")
		}
	}
	return b.String() + strings.Join(comments, "\n")
}

func TestFixturesSurvive(t *testing.T) {
	for name, text := range fixtures(t) {
		t.Run(name, func(t *testing.T) { survives(t, text) })
	}
}

// The descriptors of formatted files are those of the files, and so are the
// comments of every declaration.
func TestDescriptorsStayTheSame(t *testing.T) {
	files := fixtures(t)
	formatted := map[string]string{}
	for name, text := range files {
		formatted[name] = format(t, text)
	}
	for name := range files {
		t.Run(name, func(t *testing.T) {
			got, want := describe(t, formatted, name), describe(t, files, name)
			// Equality of the messages themselves would compare the types of
			// custom options, which each compilation makes anew.
			spaces := regexp.MustCompile(":  +") // prototext writes them at random
			g := spaces.ReplaceAllString(prototext.Format(got), ": ")
			w := spaces.ReplaceAllString(prototext.Format(want), ": ")
			if g != w {
				t.Errorf("%s\nbecomes another file: %s", formatted[name], firstDifference(g, w))
			}
		})
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return strings.Join(x[max(0, i-5):i+1], "\n") + "\nwant\n" + y[i]
		}
	}
	return "the end, after\n" + strings.Join(x[max(0, len(x)-12):], "\n") + "\nwant\n" + strings.Join(y[max(0, len(y)-12):], "\n")
}

// describe compiles a file and removes what may change: where things stand,
// and how comments are indented.
func describe(t *testing.T, files map[string]string, name string) *descriptorpb.FileDescriptorProto {
	t.Helper()
	c := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(files)}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	out, err := c.Compile(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	f := protodesc.ToFileDescriptorProto(out[0])
	for _, l := range f.SourceCodeInfo.Location {
		l.Span = nil
		for _, text := range []*string{l.LeadingComments, l.TrailingComments} {
			if text != nil {
				*text = strings.Join(strings.Fields(*text), " ")
			}
		}
		for i, text := range l.LeadingDetachedComments {
			l.LeadingDetachedComments[i] = strings.Join(strings.Fields(text), " ")
		}
	}
	return f
}

var sprinkles = []string{
	" ", "\n", "\n\n\n", "\t", "\r\n", "/* c */", " /** doc */ ", "//l\n", "\n// own line\n", "\n\n// apart\n\n",
	"/* two\n lines */", "\n    /* indented\n       lines\n\n  */\n", "/**/", "\t/* tab\n\t\ttabs */ ", "\n\n",
}

// sprinkle inserts comments and white space between tokens.
func sprinkle(t *testing.T, r *rand.Rand, text string) string {
	tree, err := parser.Parse("a.proto", strings.NewReader(text), reporter.NewHandler(nil))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	density := 1 + r.IntN(30)
	end := 0
	items := tree.Items()
	for item, ok := items.First(); ok; item, ok = items.Next(item) {
		start := tree.ItemInfo(item).Start().Offset
		b.WriteString(text[end:start])
		if r.IntN(density) == 0 {
			b.WriteString(" " + sprinkles[r.IntN(len(sprinkles))])
		}
		b.WriteString(tree.ItemInfo(item).RawText())
		end = start + len(tree.ItemInfo(item).RawText())
	}
	return b.String()
}

// Comments and line breaks may stand between any two tokens, and all survive.
func TestCommentsAnywhere(t *testing.T) {
	files := fixtures(t)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	r := rand.New(rand.NewPCG(1, 2))
	for range 120 {
		survives(t, sprinkle(t, r, files[names[r.IntN(len(names))]]))
	}
}

// FuzzFormat checks that any text is refused or survives.
func FuzzFormat(f *testing.F) {
	for _, text := range fixtures(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, list := protofmt.Format(source.NewFile("fuzz.proto", text))
		for _, d := range list {
			if s := d.Primary.Span; s.Start < 0 || s.Start > s.End || s.End > len(text) {
				t.Fatalf("%s: span %d to %d in a text of %d bytes", d, s.Start, s.End, len(text))
			}
		}
		if !list.HasErrors() {
			survives(t, text)
		}
	})
}
