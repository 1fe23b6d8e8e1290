// Package report holds what the compiler has to say about an IDL: diagnostics
// that point at the smallest span of source that is wrong, and their
// rendering for a terminal.
//
// Phases add to a [List]; nothing is printed and nothing exits. A List is not
// safe for concurrent use.
package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/source"
)

// A Severity tells whether the compiler can go on.
type Severity uint8

// The severities. No code is generated from a program with an error.
const (
	Error Severity = iota
	Warning
)

// String returns the word that a rendered diagnostic begins with.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// A Label is a place and a few words about it. Either may be missing.
type Label struct {
	Span source.Span
	Text string
}

// A Diagnostic is one thing that is wrong, or that looks wrong.
//
// Messages, labels and help begin with a small letter and end without a full
// stop; names from the source stand in backquotes.
type Diagnostic struct {
	Severity Severity
	Code     string // a stable name for the rule, in kebab-case
	Message  string
	Primary  Label   // the smallest span that is wrong
	Related  []Label // what it is in conflict with
	Help     []string
}

// Label sets the words that stand under the primary span.
func (d *Diagnostic) Label(format string, args ...any) *Diagnostic {
	d.Primary.Text = fmt.Sprintf(format, args...)
	return d
}

// Relate adds another place that belongs to the story.
func (d *Diagnostic) Relate(span source.Span, format string, args ...any) *Diagnostic {
	d.Related = append(d.Related, Label{span, fmt.Sprintf(format, args...)})
	return d
}

// Hint adds a line that says what to do.
func (d *Diagnostic) Hint(format string, args ...any) *Diagnostic {
	d.Help = append(d.Help, fmt.Sprintf(format, args...))
	return d
}

// String returns the diagnostic on one line: position, severity, message and
// code.
func (d *Diagnostic) String() string {
	s := d.Severity.String() + ": " + d.Message
	if d.Code != "" {
		s += " [" + d.Code + "]"
	}
	if d.Primary.Span.IsZero() {
		return s
	}
	return d.Primary.Span.Pos().String() + ": " + s
}

// A List collects diagnostics. The zero List is empty and ready.
type List []*Diagnostic

// Errorf adds an error about span and returns it, to be furnished with labels
// and hints.
func (l *List) Errorf(code string, span source.Span, format string, args ...any) *Diagnostic {
	return l.add(Error, code, span, format, args)
}

// Warnf adds a warning about span and returns it.
func (l *List) Warnf(code string, span source.Span, format string, args ...any) *Diagnostic {
	return l.add(Warning, code, span, format, args)
}

func (l *List) add(s Severity, code string, span source.Span, format string, args []any) *Diagnostic {
	d := &Diagnostic{Severity: s, Code: code, Message: fmt.Sprintf(format, args...), Primary: Label{Span: span}}
	*l = append(*l, d)
	return d
}

// Sort orders the list by file name and position; what concerns no file comes
// first. Diagnostics about the same place keep the order in which they were
// found.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b *Diagnostic) int {
		s, t := a.Primary.Span, b.Primary.Span
		if c := strings.Compare(name(s), name(t)); c != 0 {
			return c
		}
		return s.Start - t.Start
	})
}

func name(s source.Span) string {
	if s.File == nil {
		return ""
	}
	return s.File.Name
}

// HasErrors reports whether anything in the list is more than a warning.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d *Diagnostic) bool { return d.Severity == Error })
}

// Err returns the list as an error if it has errors, and nil otherwise.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return l
}

// Error returns every diagnostic on a line of its own. Use [List.Render] to
// show them with the source.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}
