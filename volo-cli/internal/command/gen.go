package command

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/generate"
	"github.com/volo-go/volo/volo-cli/internal/scaffold"
)

// regenerate is `volo gen`.
type regenerate struct {
	env   *Env
	check bool
	watch bool
	json  bool
	entry string
	dir   string

	extensions []scaffold.Extension // of handlers, by the last run
	handlers   map[string][]byte    // what they extend

	read  map[string]stamp // what the last run read, or looked for, by absolute names
	found string           // volo.yml, where a run has found it last
}

func newGen(env *Env) *cobra.Command {
	g := &regenerate{env: env}
	cmd := &cobra.Command{
		Use:   "gen",
		Short: "Bring the generated code up to date with volo.yml and the IDLs",
		Long: `Gen compiles the IDLs that volo.yml names and writes what is new or different.
Files that an earlier run generated and this one does not are removed; files
that were not generated are never touched. volo.yml is looked for in the
current folder and then in those above it; volo.workspace.yml does as well.

A handler in the folder handler, as "volo init" writes them, gets a stub for each
method that is new in the IDL, at its end. Nothing is ever taken from it.

IDLs of git repositories are fetched once, at the commit that volo.yml locks,
into the folder volo of the user's cache, or the one that VOLO_CACHE names; from
then on no network is needed. If volo.yml has no lock for a repository yet, gen
writes it there. "volo repo update" moves it.

With --check nothing is written: gen lists what it would do and fails if there
is anything. That is for CI. With --watch gen goes on and follows changes of the
IDLs and of volo.yml until it is interrupted.

With --json the standard output is a list of what changed, or would:
[{"state": "new", "file": "gen/echo/echo.go"}].`,
		Example: `  volo gen
  volo gen --check
  volo gen --watch
  volo gen --entry-name default --dir services/shop`,
		Args: positional(),
		RunE: func(cmd *cobra.Command, _ []string) error { return g.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.BoolVar(&g.check, "check", false, "write nothing, fail if something would change")
	f.BoolVar(&g.watch, "watch", false, "go on, and follow changes")
	f.BoolVar(&g.json, "json", false, "print a list in JSON")
	f.StringVarP(&g.entry, "entry-name", "n", "", "only the entry `NAME` of volo.yml")
	f.StringVar(&g.dir, "dir", "", "start looking for volo.yml in `DIR`")
	env.completeEntry(cmd)
	return cmd
}

func (g *regenerate) run(ctx context.Context) error {
	switch {
	case !g.watch:
		return g.once(ctx)
	case g.check, g.json:
		return usagef("--watch goes with neither --check nor --json")
	}
	return g.follow(ctx)
}

// looks notes that a file is about to be read.
func (g *regenerate) looks(name string) {
	if _, ok := g.read[name]; !ok {
		g.read[name] = stampOf(name)
	}
}

// once brings the code up to date.
func (g *regenerate) once(ctx context.Context) error {
	g.read = make(map[string]stamp)
	p, err := g.env.project(g.dir)
	if p != nil {
		g.found = filepath.Join(p.root, p.name)
	}
	if g.found != "" { // also if it is wrong now, or gone for a moment
		g.looks(g.found)
	}
	if err != nil {
		return err
	}
	if !g.check {
		unlock, err := g.env.exclusive(ctx, p.root)
		if err != nil {
			return err
		}
		defer unlock()
	}
	entries, err := p.entries(g.entry)
	if err != nil {
		return err
	}
	if err := g.env.lock(ctx, p, entries, g.check); err != nil {
		return err
	}
	if entries, err = p.entries(g.entry); err != nil {
		return err
	}
	var all []*generate.Changes
	g.extensions, g.handlers = nil, make(map[string][]byte)
	for _, e := range entries {
		c, err := g.compare(ctx, p, e)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if g.check {
		return g.report(p, all)
	}
	return g.apply(p, all)
}

// compare compiles an entry and finds out what would change.
func (g *regenerate) compare(ctx context.Context, p *project, e *config.Entry) (*generate.Changes, error) {
	modRoot, text, err := above(p.root, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("%w; generated packages import each other by the module's path, so run `go mod init` first", err)
	}
	g.looks(filepath.Join(modRoot, "go.mod"))
	checkouts, err := g.env.checkouts(ctx, p, e)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(p.root, filepath.FromSlash(e.Filename))
	rel, err := filepath.Rel(modRoot, dir)
	if err != nil {
		return nil, err
	}
	in := generate.Input{
		Entry:     e,
		Root:      filepath.ToSlash(g.env.shown(p.root)),
		Package:   path.Join(modfile.ModulePath(text), filepath.ToSlash(rel)),
		Checkouts: checkouts,
		ReadFile: func(name string) ([]byte, error) {
			at := g.env.abs(filepath.FromSlash(name))
			g.looks(at)
			return os.ReadFile(at)
		},
	}
	out, list := generate.Compile(in)
	if said := g.env.diagnose(list); said != nil {
		return nil, said
	}
	if err := g.extend(p, in, out); err != nil {
		return nil, err
	}
	return generate.Compare(dir, out.Files)
}

// extend finds out which methods the handlers of an entry lack. A handler that
// does not parse is somebody's unfinished work: it gets none for now.
func (g *regenerate) extend(p *project, in generate.Input, out *generate.Output) error {
	names, err := filepath.Glob(filepath.Join(p.root, scaffold.HandlerFolder, "*.go"))
	if err != nil || len(names) == 0 {
		return err
	}
	files := make(map[string][]byte)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		at := scaffold.HandlerFolder + "/" + filepath.Base(name)
		files[at] = text
		if g.handlers[at] == nil {
			g.handlers[at] = text
		}
	}
	for _, e := range g.extensions { // by the entries before
		files[e.File] = e.Text
	}
	services, err := scaffold.Services(in.Package, out)
	if err != nil {
		return err
	}
	project := &scaffold.Project{Protocol: in.Entry.Protocol, IDL: in.Entry.Services[0].Path, Services: services}
	extensions, err := project.Extend(files)
	if err != nil {
		fmt.Fprintf(g.env.Stderr, "%v; handlers get no stubs for new methods until that is mended\n", err)
		for _, name := range names {
			g.looks(name)
		}
		return nil
	}
	for _, e := range extensions {
		if i := slices.IndexFunc(g.extensions, func(o scaffold.Extension) bool { return o.File == e.File }); i >= 0 {
			g.extensions[i].Text, g.extensions[i].Methods = e.Text, append(g.extensions[i].Methods, e.Methods...)
		} else {
			g.extensions = append(g.extensions, e)
		}
	}
	return nil
}
