package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/module"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
	"github.com/volo-go/volo/volo-cli/internal/scaffold"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// initialize is `volo init`.
type initialize struct {
	gitSource
	includes []string
	module   string
	dir      string
	checkout string
	force    bool
}

func newInit(env *Env) *cobra.Command {
	i := &initialize{gitSource: gitSource{env: env}}
	cmd := &cobra.Command{
		Use:   "init <name> <idl>",
		Short: "Write a project that builds and runs at once",
		Long: `Init writes a project for an IDL: the generated code, a handler with one method
for each method of the IDL, a server, a client that calls every method,
volo.yml, go.mod and a README. It builds and runs as it is. A .thrift file makes
a project of Thrift, a .proto file one of gRPC; that needs no protoc.

The project goes into the folder <name>, or into --dir. The IDL and everything
that it includes are copied to idl/, keeping their places relative to one
another. With --git the IDL is a path in that repository and stays there: volo.yml
locks the commit that the branch or tag is at, "volo repo update" moves it.

A file that is there already with other contents is never replaced:
init lists those files and writes nothing, unless --force is given.

A volo that was built from a checkout of its repository writes replace lines to
that checkout into go.mod; a released one requires released versions and runs
"go mod tidy".`,
		Example: `  volo init hello echo.thrift
  volo init hello echo.proto
  volo init shop idl/shop.thrift --include third_party/idl
  volo init shop shop.thrift --module github.com/me/shop --dir .
  volo init shop shop/shop.thrift --git git@github.com:me/idl.git --ref v2`,
		Args: positional("<name>", "<idl>"),
		RunE: func(cmd *cobra.Command, args []string) error { return i.run(cmd.Context(), args[0], args[1]) },
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return []string{"thrift", "proto"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
	}
	f := cmd.Flags()
	i.flags(f)
	f.StringVar(&i.repo, "repo", "", "`NAME` of the repository in volo.yml (default: the last element of the URL)")
	f.StringArrayVarP(&i.includes, "include", "i", nil, "look for included IDLs in `DIR`, too; may be repeated")
	f.StringVar(&i.module, "module", "", "module `PATH` of the project (default: <name> if it looks like a path, else example.com/<name>)")
	f.StringVar(&i.dir, "dir", "", "write to `DIR` (default: the last element of <name>)")
	f.StringVar(&i.checkout, "checkout", "", "build against the checkout of Volo in `DIR`")
	f.BoolVar(&i.force, "force", false, "replace files that are in the way")
	return cmd
}

// projectName is what a project may be called: elements of a module path.
var projectName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9][A-Za-z0-9._~-]*)*$`)

// plan turns the command line into a plan.
func (i *initialize) plan(name, idl string) (scaffold.Plan, error) {
	if !projectName.MatchString(name) {
		return scaffold.Plan{}, usagef("%q cannot be the name of a project: use letters, digits, dots and dashes", name)
	}
	if !isThrift(idl) && !isProto(idl) {
		if isThrift(name) || isProto(name) {
			return scaffold.Plan{}, usagef("%s is neither a .thrift nor a .proto file; did you mean `volo init %s %s`?", idl, idl, name)
		}
		return scaffold.Plan{}, usagef("%s is neither a .thrift nor a .proto file", idl)
	}
	p := scaffold.Plan{Name: name[strings.LastIndexByte(name, '/')+1:], Module: i.module, IDL: idl, Includes: i.includes, Dir: i.env.Dir}
	if p.Module == "" {
		p.Module = name
		if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
			p.Module = "example.com/" + name
		}
	}
	if err := module.CheckPath(p.Module); err != nil {
		return p, usagef("%w; choose one with --module", err)
	}
	if slices.Contains(strings.Split(p.Module, "/"), "vendor") {
		return p, usagef("go builds no module with a folder vendor in its path, such as %s; choose another with --module", p.Module)
	}
	var err error
	if i.checkout != "" {
		p.Origin, err = scaffold.OpenCheckout(i.env.abs(i.checkout))
	} else if p.Origin, err = scaffold.FindOrigin(i.env.Dir); err != nil {
		err = fmt.Errorf("%w; name one with --checkout DIR", err)
	}
	return p, err
}

func (i *initialize) run(ctx context.Context, name, idl string) error {
	p, err := i.plan(name, idl)
	if err != nil {
		return err
	}
	dir := i.dir
	if dir == "" {
		dir = p.Name
	}
	if err := i.fromGit(ctx, &p, i.env.abs(dir)); err != nil {
		return err
	}
	project, files, err := create(i.env, p, i.env.abs(dir), i.force)
	if err != nil {
		return err
	}
	if p.Origin.Dir == "" {
		if err := (runner{env: i.env, dir: i.env.abs(dir)}).run(ctx, "go", "mod", "tidy"); err != nil {
			return err
		}
	}
	i.report(project, dir, files)
	return nil
}

// fromGit finds the IDL of a project that will be in dir, if it is in a
// repository.
func (i *initialize) fromGit(ctx context.Context, plan *scaffold.Plan, dir string) error {
	switch {
	case i.git == "" && i.repo != "":
		return usagef("--repo names a repository whose address --git tells")
	case !i.asked():
		return i.aimless()
	}
	p := &project{root: dir, name: config.Name}
	s, repo, err := i.find(ctx, p, &config.Entry{Name: "default"}, plan.IDL, plan.Includes)
	if err != nil {
		return err
	}
	cache, err := i.env.cache(dir)
	if err != nil {
		return err
	}
	plan.IDL, plan.Repo = s.Path, repo
	plan.Checkout.Name = gitrepo.Name(repo.URL)
	plan.Checkout.Dir, err = cache.Tree(ctx, repo.URL, repo.Ref, repo.Lock)
	return err
}

// create makes a project and writes it to dir; it returns how many files that
// took. `volo init` and `volo demo` share it.
func create(env *Env, p scaffold.Plan, dir string, force bool) (*scaffold.Project, int, error) {
	project, list, err := scaffold.New(p)
	if said := env.diagnose(list); said != nil {
		return nil, 0, said
	}
	if err != nil {
		return nil, 0, err
	}
	files, err := project.Files()
	if err != nil {
		return nil, 0, err
	}
	err = tree.Write(dir, files, force)
	var conflict *tree.ConflictError
	if errors.As(err, &conflict) {
		return nil, 0, fmt.Errorf("%w\nnothing was written; --force replaces them", err)
	}
	return project, len(files), err
}

// report tells what to do next.
func (i *initialize) report(p *scaffold.Project, dir string, files int) {
	out := i.env.Stdout
	fmt.Fprintf(out, "wrote %s to %s (module %s, Volo from %s)\n", plural(files, "file"), dir, p.Module, p.Origin)
	if len(p.Services) == 0 {
		fmt.Fprintf(out, "%s declares no service, so there is no server and no client\n", p.IDL)
		return
	}
	if r := p.Repo; r != nil {
		fmt.Fprintf(out, "%s stays in %s, %s at %.12s\n", p.IDL, gitrepo.Shown(r.URL), r.Ref, r.Lock)
	}
	fmt.Fprintln(out, "\nnext:")
	if i.env.abs(dir) != i.env.abs(".") {
		fmt.Fprintf(out, "  cd %s\n", dir)
	}
	if work := workAbove(i.env.abs(dir)); work != "" {
		fmt.Fprintf(out, "  go work use .       # %s is above, and go builds only what it lists\n", work)
	}
	fmt.Fprintln(out, "  go run ./cmd/server # serves on 127.0.0.1:8888")
	fmt.Fprintln(out, "  go run ./cmd/client # in another terminal: calls every method once")
	fmt.Fprintf(out, "\nthe methods are in %s\n", strings.Join(p.Handlers(), ", "))
}

// abs returns a path on the command line as an absolute one.
func (e *Env) abs(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(e.Dir, name)
}

// workAbove returns the go.work that applies to dir, empty if there is none.
func workAbove(dir string) string {
	for {
		name := filepath.Join(dir, "go.work")
		if _, err := os.Stat(name); err == nil {
			return name
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
