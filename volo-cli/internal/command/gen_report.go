package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/volo-go/volo/volo-cli/internal/generate"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// A change is a line of what gen prints.
type change struct {
	State string `json:"state"`
	File  string `json:"file"`
	// Methods are those that a handler lacks, or did.
	Methods []string `json:"methods,omitempty"`
}

// changes returns a line for each of the names.
func (g *regenerate) changes(c *generate.Changes, state string, names []string) []change {
	var lines []change
	for _, name := range names {
		lines = append(lines, change{State: state, File: g.env.shown(filepath.Join(c.Dir, filepath.FromSlash(name)))})
	}
	return lines
}

// extended returns a line for each handler with new methods.
func (g *regenerate) extended(p *project, state string) []change {
	var lines []change
	for _, e := range g.extensions {
		lines = append(lines, change{state, g.env.shown(filepath.Join(p.root, filepath.FromSlash(e.File))), e.Methods})
	}
	return lines
}

// print prints what changed, or would.
func (g *regenerate) print(lines []change) error {
	if g.json {
		if lines == nil {
			lines = []change{}
		}
		out := json.NewEncoder(g.env.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(lines)
	}
	for _, l := range lines {
		if len(l.Methods) > 0 {
			fmt.Fprintf(g.env.Stdout, "%s: %s %s\n", l.File, l.State, strings.Join(l.Methods, ", "))
			continue
		}
		fmt.Fprintf(g.env.Stdout, "%s: %s\n", l.State, l.File)
	}
	return nil
}

// report lists what would change and fails if anything would.
func (g *regenerate) report(p *project, all []*generate.Changes) error {
	var lines []change
	for _, c := range all {
		lines = slices.Concat(lines, g.changes(c, "missing", c.New), g.changes(c, "differs", c.Changed),
			g.changes(c, "stale", c.Stale), g.changes(c, "not generated, in the way", c.Foreign))
	}
	lines = append(lines, g.extended(p, "lacks")...)
	if err := g.print(lines); err != nil || len(lines) == 0 {
		return err
	}
	verb := "is"
	if len(lines) > 1 {
		verb = "are"
	}
	fmt.Fprintf(g.env.Stderr, "%s %s not up to date; run `volo gen`\n", plural(len(lines), "file"), verb)
	return errSaid
}

// apply changes what has to.
func (g *regenerate) apply(p *project, all []*generate.Changes) error {
	for _, c := range all {
		if len(c.Foreign) > 0 {
			return &tree.ConflictError{Dir: g.env.shown(c.Dir), Names: c.Foreign}
		}
	}
	var lines []change
	for _, c := range all {
		if err := c.Apply(); err != nil {
			return err
		}
		lines = slices.Concat(lines, g.changes(c, "new", c.New), g.changes(c, "changed", c.Changed), g.changes(c, "removed", c.Stale))
	}
	for _, e := range g.extensions {
		now, err := os.ReadFile(filepath.Join(p.root, filepath.FromSlash(e.File)))
		if err != nil {
			return err
		}
		if !bytes.Equal(now, g.handlers[e.File]) {
			return fmt.Errorf("%s was saved while volo read it, so it got no stubs; run `volo gen` again", e.File)
		}
		if err := tree.Write(p.root, map[string][]byte{e.File: e.Text}, true); err != nil {
			return err
		}
	}
	lines = append(lines, g.extended(p, "now has")...)
	if len(lines) == 0 && !g.json && !g.watch {
		fmt.Fprintln(g.env.Stdout, "up to date")
		return nil
	}
	return g.print(lines)
}
