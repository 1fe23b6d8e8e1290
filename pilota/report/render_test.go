package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// at returns the span of the first occurrence of text in f.
func at(t *testing.T, f *source.File, text string) source.Span {
	t.Helper()
	i := strings.Index(f.Text, text)
	if i < 0 {
		t.Fatalf("%q is not in the file", text)
	}
	return source.Span{File: f, Start: i, End: i + len(text)}
}

func TestRender(t *testing.T) {
	const text = "struct S {\n\t1: i32 a\n\n    1:\ti32 日本 x\n}\n"
	f := source.NewFile("a.thrift", text)
	other := source.NewFile("b.thrift", "const i32 x = 1")
	eof := source.Span{File: f, Start: len(text), End: len(text)}
	cases := []struct {
		name string
		add  func(*report.List)
		want string
	}{
		{
			"nowhere",
			func(l *report.List) { l.Errorf("code", source.Span{}, "no input").Hint("give one") },
			"error: no input [code]\n = help: give one\n",
		},
		{
			"a span with a label and a hint",
			func(l *report.List) {
				l.Errorf("code", at(t, f, "struct"), "wrong").Label("this").Hint("do\nthat")
			},
			"error: wrong [code]\n --> a.thrift:1:1\n  |\n1 | struct S {\n  | ^^^^^^ this\n  |\n  = help: do\n          that\n",
		},
		{
			"tabs before the span are as wide as the line shows them",
			func(l *report.List) { l.Warnf("code", at(t, f, "a\n"), "odd") },
			"warning: odd [code]\n --> a.thrift:2:9\n  |\n2 |     1: i32 a\n  |            ^\n",
		},
		{
			"wide runes take two columns",
			func(l *report.List) {
				l.Errorf("code", at(t, f, "日本"), "wide").Relate(at(t, f, "x\n"), "narrow")
			},
			"error: wide [code]\n --> a.thrift:4:12\n  |\n4 |     1:  i32 日本 x\n  |             ^^^^\n  |                  - narrow\n",
		},
		{
			"related spans stand in the order of the source, gaps are marked",
			func(l *report.List) {
				l.Errorf("code", at(t, f, "1:\t"), "twice").Relate(at(t, f, "1: "), "first").Relate(eof, "end")
			},
			"error: twice [code]\n --> a.thrift:4:5\n  |\n2 |     1: i32 a\n  |     --- first\n...\n4 |     1:  i32 日本 x\n  |     ^^^^\n...\n6 |\n  | - end\n",
		},
		{
			"a span in another file",
			func(l *report.List) {
				l.Errorf("code", at(t, f, "i32"), "x").Relate(at(t, other, "1"), "there")
			},
			"error: x [code]\n --> a.thrift:2:5\n  |\n2 |     1: i32 a\n  |        ^^^\n  |\n ::: b.thrift:1:15\n  |\n1 | const i32 x = 1\n  |               - there\n",
		},
		{
			"a span over several lines shows its ends",
			func(l *report.List) {
				l.Errorf("code", source.Span{File: f, Start: 7, End: len(text) - 1}, "long").Label("all of it")
			},
			"error: long [code]\n --> a.thrift:1:8\n  |\n1 | struct S {\n  |        ^^^\n...\n5 | }\n  | ^ all of it\n",
		},
		{
			"a span with the end of its line",
			func(l *report.List) { l.Errorf("code", at(t, f, "{\n"), "x") },
			"error: x [code]\n --> a.thrift:1:10\n  |\n1 | struct S {\n  |          ^\n",
		},
		{
			"the end of the file",
			func(l *report.List) { l.Errorf("code", eof, "x").Label("here") },
			"error: x [code]\n --> a.thrift:6:1\n  |\n6 |\n  | ^ here\n",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var l report.List
			c.add(&l)
			if got := l[0].Render(report.Style{}); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestRenderIsHarmless(t *testing.T) {
	for _, text := range []string{"", "\xff\xfe bad utf-8", "esc \x1b[31m", "\r", "a\r\nb\r\n", "e\u0301 combined", "\ufeff"} {
		f := source.NewFile("x", text)
		for start := range len(text) + 1 {
			for end := start; end <= len(text); end++ {
				var l report.List
				l.Errorf("code", source.Span{File: f, Start: start, End: end}, "x")
				got := l[0].Render(report.Style{})
				if strings.ContainsAny(got, "\x1b\r") {
					t.Fatalf("%q from %d to %d: control characters in %q", text, start, end, got)
				}
			}
		}
	}
}

func TestColor(t *testing.T) {
	f := source.NewFile("x", "abc")
	var l report.List
	l.Warnf("code", source.Span{File: f, Start: 1, End: 2}, "odd").Relate(source.Span{File: f, Start: 0, End: 1}, "r").Hint("h")
	colored, plain := l[0].Render(report.Style{Color: true}), l[0].Render(report.Style{})
	if !strings.Contains(colored, "\x1b[1;33mwarning\x1b[0m") {
		t.Errorf("no yellow warning in %q", colored)
	}
	for _, code := range []string{"\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"} {
		colored = strings.ReplaceAll(colored, code, "")
	}
	if colored != plain {
		t.Errorf("without colours, got %q, want %q", colored, plain)
	}
}

func TestList(t *testing.T) {
	a, b := source.NewFile("a", "0123"), source.NewFile("b", "0123")
	var l report.List
	if l.Err() != nil {
		t.Error("an empty list is an error")
	}
	l.Warnf("w", source.Span{File: b, Start: 1, End: 2}, "one")
	l.Warnf("w", source.Span{File: b, Start: 0, End: 2}, "two")
	l.Warnf("w", source.Span{File: a, Start: 3, End: 3}, "three")
	l.Warnf("w", source.Span{File: a, Start: 3, End: 4}, "four")
	if l.HasErrors() || l.Err() != nil {
		t.Error("warnings alone are an error")
	}
	l.Errorf("e", source.Span{}, "five")
	l.Sort()
	want := "error: five [e]\na:1:4: warning: three [w]\na:1:4: warning: four [w]\nb:1:1: warning: two [w]\nb:1:2: warning: one [w]"
	if got := l.Error(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	var list report.List
	if err := l.Err(); !errors.As(err, &list) || len(list) != 5 {
		t.Errorf("got %v, want the list as an error", err)
	}
	var out strings.Builder
	if err := l[:2].Render(&out, report.Style{}); err != nil || strings.Count(out.String(), "\n\n") != 2 {
		t.Errorf("got %q, %v, want two diagnostics with empty lines behind them", out.String(), err)
	}
	if err := l.Render(failingWriter{}, report.Style{}); err == nil {
		t.Error("the writer's error is lost")
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestNearest(t *testing.T) {
	names := []string{"Address", "Person", "base.Time", "i32", "string", "Colour", "Colours"}
	for name, want := range map[string]string{
		"Adress":     "Address",
		"ADDRESS":    "Address",
		"Adderss":    "Address",
		"Time":       "base.Time",
		"x.Person":   "Person",
		"i23":        "i32",
		"Colou":      "Colour",
		"Coloursy":   "Colours",
		"Unrelated":  "",
		"":           "",
		"base.Timer": "base.Time",
	} {
		if got := report.Nearest(name, names); got != want {
			t.Errorf("nearest to %q: got %q, want %q", name, got, want)
		}
	}
}
