package command

import (
	"encoding/json"
	"fmt"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// A finding is what --json prints of a diagnostic, on a line of its own.
type finding struct {
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Rule     string   `json:"rule"`
	Category string   `json:"category,omitempty"`
	Severity string   `json:"severity"`
	Message  string   `json:"message"`
	Why      []string `json:"why,omitempty"`
	Related  []string `json:"related,omitempty"` // file:line:column of other places
}

// findings shows diagnostics, as JSON on the standard output if asked to, and
// returns errSaid if there are any.
func (e *Env) findings(list report.List, asJSON bool, categories map[*report.Diagnostic]string) error {
	if len(list) == 0 {
		return nil
	}
	if asJSON {
		out := json.NewEncoder(e.Stdout)
		out.SetEscapeHTML(false)
		for _, d := range list {
			if err := out.Encode(entry(d, categories[d])); err != nil {
				return err
			}
		}
		return errSaid
	}
	if err := list.Render(e.Stderr, report.Style{Color: e.Color}); err != nil {
		return err
	}
	fmt.Fprintln(e.Stderr, plural(len(list), "finding"))
	return errSaid
}

func entry(d *report.Diagnostic, category string) finding {
	f := finding{Rule: d.Code, Category: category, Severity: d.Severity.String(), Message: d.Message, Why: d.Help}
	if pos := d.Primary.Span.Pos(); d.Primary.Span != (source.Span{}) {
		f.File, f.Line, f.Column = pos.Name, pos.Line, pos.Col
	}
	for _, l := range d.Related {
		f.Related = append(f.Related, l.Span.Pos().String())
	}
	return f
}
