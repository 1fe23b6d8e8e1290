package protofmt

import (
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"

	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// Format returns f in canonical form. Only the syntax is checked; there is no
// text if the diagnostics have an error.
func Format(f *source.File) ([]byte, report.List) {
	c := complaints{file: f, seen: map[int]bool{}}
	handler := reporter.NewHandler(reporter.NewReporter(c.error, nil))
	tree, err := parse(f, handler)
	if err != nil && len(c.list) == 0 {
		c.list.Errorf("invalid-proto", source.Span{File: f}, "%s", err)
	}
	if tree == nil || c.list.HasErrors() {
		c.list.Sort()
		return nil, c.list
	}
	// The parser counts from behind a byte order mark, which goes.
	l := layout{tokens: scan(tree, strings.TrimPrefix(f.Text, "\ufeff")), lists: map[ast.Token]*list{}}
	l.file(tree)
	p := printer{layout: &l}
	p.file()
	return p.out, nil
}

// parse returns the syntax of f. protocompile panics on some texts that are
// wrong in more than one way.
func parse(f *source.File, handler *reporter.Handler) (tree *ast.FileNode, err error) {
	defer func() {
		if r := recover(); r != nil {
			tree, err = nil, fmt.Errorf("the parser gives up: %v", r)
		}
	}()
	return parser.Parse(f.Name, strings.NewReader(f.Text), handler)
}

// complaints collects what the parser finds wrong.
type complaints struct {
	file *source.File
	list report.List
	seen map[int]bool // where they begin
}

func (c *complaints) error(err reporter.ErrorWithPos) error {
	d := protoidl.Diagnose(c.file, err)
	from := d.Primary.Span.Start
	if c.seen[from] {
		return nil // once is enough
	}
	c.seen[from] = true
	c.list = append(c.list, d)
	return nil
}
