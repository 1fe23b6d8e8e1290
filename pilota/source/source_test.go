package source_test

import (
	"testing"

	"github.com/volo-go/volo/pilota/source"
)

func TestPos(t *testing.T) {
	f := source.NewFile("a.thrift", "ab\r\n日本x\n\nend")
	for _, c := range []struct {
		offset int
		want   string
	}{
		{0, "a.thrift:1:1"}, {2, "a.thrift:1:3"}, {3, "a.thrift:1:4"}, // the end of a line is on it
		{4, "a.thrift:2:1"}, {7, "a.thrift:2:2"}, {10, "a.thrift:2:3"}, {11, "a.thrift:2:4"},
		{12, "a.thrift:3:1"}, {13, "a.thrift:4:1"}, {16, "a.thrift:4:4"},
	} {
		if got := f.Pos(c.offset).String(); got != c.want {
			t.Errorf("offset %d: got %s, want %s", c.offset, got, c.want)
		}
	}
	if got := (source.Pos{Name: "a"}).String(); got != "a" {
		t.Errorf("a position without a line: got %s, want a", got)
	}
}

func TestLine(t *testing.T) {
	f := source.NewFile("a", "ab\r\n\nlast")
	for n, want := range []string{"", "ab", "", "last", ""} {
		if got := f.Line(n); got != want {
			t.Errorf("line %d: got %q, want %q", n, got, want)
		}
	}
	for _, text := range []string{"", "\n"} {
		if got := source.NewFile("a", text).Line(1); got != "" {
			t.Errorf("line 1 of %q: got %q", text, got)
		}
	}
}

func TestSpan(t *testing.T) {
	f := source.NewFile("a", "one two")
	one, two := source.Span{File: f, Start: 0, End: 3}, source.Span{File: f, Start: 4, End: 7}
	if got := one.To(two).Text(); got != "one two" {
		t.Errorf("from one to two: got %q", got)
	}
	if got := two.Pos().String(); two.Text() != "two" || got != "a:1:5" || two.IsZero() {
		t.Errorf("got %q at %s", two.Text(), got)
	}
	if nowhere := (source.Span{}); !nowhere.IsZero() || nowhere.Text() != "" || nowhere.Pos() != (source.Pos{}) {
		t.Error("the zero span is somewhere")
	}
}
