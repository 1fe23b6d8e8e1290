package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/generate"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// regenerate is `volo gen`.
type regenerate struct {
	env   *Env
	check bool
	entry string
	dir   string
}

func newGen(env *Env) *cobra.Command {
	g := &regenerate{env: env}
	cmd := &cobra.Command{
		Use:   "gen",
		Short: "Bring the generated code up to date with volo.yml and the IDLs",
		Long: `Gen compiles the IDLs that volo.yml names and writes what is new or different.
Files that an earlier run generated and this one does not are removed; files
that were not generated are never touched. volo.yml is looked for in the
current folder and then in those above it.

With --check nothing is written: gen lists what it would do and fails if there
is anything. That is for CI.`,
		Example: `  volo gen
  volo gen --check
  volo gen --entry-name default --dir services/shop`,
		Args: positional(),
		RunE: func(*cobra.Command, []string) error { return g.run() },
	}
	f := cmd.Flags()
	f.BoolVar(&g.check, "check", false, "write nothing, fail if something would change")
	f.StringVarP(&g.entry, "entry-name", "n", "", "only the entry `NAME` of volo.yml")
	f.StringVar(&g.dir, "dir", "", "start looking for volo.yml in `DIR`")
	return cmd
}

func (g *regenerate) run() error {
	p, err := g.env.project(g.dir)
	if err != nil {
		return err
	}
	entries, err := p.entries(g.entry)
	if err != nil {
		return err
	}
	var all []*generate.Changes
	for _, e := range entries {
		c, err := g.compare(p.root, e)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if g.check {
		return g.report(all)
	}
	return g.apply(all)
}

// compare compiles an entry and finds out what would change.
func (g *regenerate) compare(root string, e *config.Entry) (*generate.Changes, error) {
	modRoot, text, err := above(root, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("%w; generated packages import each other by the module's path, so run `go mod init` first", err)
	}
	dir := filepath.Join(root, filepath.FromSlash(e.Filename))
	rel, err := filepath.Rel(modRoot, dir)
	if err != nil {
		return nil, err
	}
	out, list := generate.Compile(generate.Input{
		Entry:    e,
		Root:     filepath.ToSlash(g.env.shown(root)),
		Package:  path.Join(modfile.ModulePath(text), filepath.ToSlash(rel)),
		ReadFile: func(name string) ([]byte, error) { return os.ReadFile(g.env.abs(filepath.FromSlash(name))) },
	})
	if said := g.env.diagnose(list); said != nil {
		return nil, said
	}
	return generate.Compare(dir, out.Files)
}

// report lists what would change and fails if anything would.
func (g *regenerate) report(all []*generate.Changes) error {
	n := 0
	for _, c := range all {
		n += g.list(c, "missing", c.New)
		n += g.list(c, "differs", c.Changed)
		n += g.list(c, "stale", c.Stale)
		n += g.list(c, "not generated, in the way", c.Foreign)
	}
	if n == 0 {
		return nil
	}
	verb := "is"
	if n > 1 {
		verb = "are"
	}
	fmt.Fprintf(g.env.Stderr, "%s %s not up to date; run `volo gen`\n", plural(n, "file"), verb)
	return errSaid
}

// apply changes what has to.
func (g *regenerate) apply(all []*generate.Changes) error {
	for _, c := range all {
		if len(c.Foreign) > 0 {
			return &tree.ConflictError{Dir: g.env.shown(c.Dir), Names: c.Foreign}
		}
	}
	n := 0
	for _, c := range all {
		if err := c.Apply(); err != nil {
			return err
		}
		n += g.list(c, "new", c.New)
		n += g.list(c, "changed", c.Changed)
		n += g.list(c, "removed", c.Stale)
	}
	if n == 0 {
		fmt.Fprintln(g.env.Stdout, "up to date")
	}
	return nil
}

// list prints names under a word and returns how many there are.
func (g *regenerate) list(c *generate.Changes, word string, names []string) int {
	for _, name := range names {
		fmt.Fprintf(g.env.Stdout, "%s: %s\n", word, g.env.shown(filepath.Join(c.Dir, filepath.FromSlash(name))))
	}
	return len(names)
}

// above returns the nearest folder at or above dir that has a file called
// name, and the file's text.
func above(dir, name string) (string, []byte, error) {
	for at := dir; ; {
		text, err := os.ReadFile(filepath.Join(at, name))
		if err == nil {
			return at, text, nil
		}
		up := filepath.Dir(at)
		switch {
		case !errors.Is(err, fs.ErrNotExist):
			return "", nil, err
		case up == at:
			return "", nil, fmt.Errorf("there is no %s in %s, nor in a folder above", name, dir)
		}
		at = up
	}
}

// shown returns a path as people want to see it: relative if it is below the
// current folder or close to it.
func (e *Env) shown(name string) string {
	rel, err := filepath.Rel(e.Dir, name)
	if err != nil || len(rel) > len(name) {
		return name
	}
	return rel
}
