package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/generate"
	"github.com/volo-go/volo/volo-cli/internal/migrate"
	"github.com/volo-go/volo/volo-cli/internal/scaffold"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// migration is `volo migrate`.
type migration struct {
	env      *Env
	dryRun   bool
	includes []string
	dir      string
}

func newMigrate(env *Env) *cobra.Command {
	m := &migration{env: env}
	cmd := &cobra.Command{
		Use:   "migrate [idl]",
		Short: "Turn an old volo.yml, or a project of kitex or grpc-go, into one of Volo for Go",
		Long: `Migrate does what needs no judgement and lists the rest.

A volo.yml in the format that Volo had before entries had services is rewritten.

A project of kitex gets a volo.yml and Volo's code in gen, where fields keep their
names. Its Go files import the messages from there and name constants of enums
as Volo does; setters and names that Volo does not have are listed. A main.go
that is as kitex wrote it serves with Volo. If the project has several IDLs with
services, name the one it is made from.

A project of protoc-gen-go-grpc gets a volo.yml and Volo's code in gen. Its own Go
code stays as it is, and is listed where it uses grpc-go.

Files that change are kept beside the new ones, with .old behind their names.`,
		Example: `  volo migrate --dry-run
  volo migrate
  volo migrate idl/shop.thrift --include idl`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("unexpected argument %q after [idl]", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return m.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.BoolVar(&m.dryRun, "dry-run", false, "write nothing, say what would be written")
	f.StringArrayVarP(&m.includes, "include", "i", nil, "look for included IDLs in `DIR` of the project, too; may be repeated")
	f.StringVar(&m.dir, "dir", "", "the project is in `DIR`")
	return cmd
}

func (m *migration) run(ctx context.Context, args []string) error {
	root := m.env.abs(m.dir)
	text, err := os.ReadFile(filepath.Join(root, config.Name))
	switch {
	case err == nil && migrate.IsOld(text):
		return m.old(root, text)
	case err == nil:
		return fmt.Errorf("%s is in today's format; there is nothing to migrate", m.env.shown(filepath.Join(root, config.Name)))
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return fmt.Errorf("there is neither an old %s nor a Go module here; name the folder of the project with --dir: %w", config.Name, err)
	}
	p, err := migrate.Find(os.DirFS(root), modfile.ModulePath(mod))
	if err != nil {
		return err
	}
	if p == nil {
		return errors.New("there is neither an old volo.yml here, nor code of kitex or protoc-gen-go-grpc; `volo init` makes a new project")
	}
	return m.project(ctx, root, p, args)
}

// old migrates a volo.yml.
func (m *migration) old(root string, text []byte) error {
	converted, todos, err := migrate.Old(text)
	if err != nil {
		return err
	}
	if err := m.env.parses(config.Name, converted); err != nil {
		return err
	}
	if err := m.write(root, map[string][]byte{config.Name: converted}); err != nil {
		return err
	}
	return m.left(append(todos, migrate.Todo{What: "run `volo gen` in a Go module; IDLs of git repositories are fetched then"}))
}

// parses checks a volo.yml that was made here.
func (e *Env) parses(name string, text []byte) error {
	_, err := config.Parse(name, string(text))
	var list report.List
	if errors.As(err, &list) {
		return e.diagnose(list)
	}
	return err
}

// project migrates a project of another tool.
func (m *migration) project(ctx context.Context, root string, p *migrate.Project, args []string) error {
	paths, dirs := args, m.includes
	if len(args) == 0 {
		var err error
		if paths, dirs, err = p.IDLs(); err != nil {
			return err
		}
		dirs = append(dirs, m.includes...)
	}
	protocol := config.Thrift
	if strings.HasSuffix(paths[0], ".proto") {
		protocol = config.Protobuf
	}
	text, in, out, err := m.compile(root, p, protocol, paths, dirs, nil)
	if err != nil {
		return err
	}
	if p.Kind == migrate.Kitex && out.Program != nil {
		if namings := migrate.Namings(out.Program); len(namings) > 0 {
			if text, in, out, err = m.compile(root, p, protocol, paths, dirs, namings); err != nil {
				return err
			}
		}
	}
	// Found out while nothing is written: half a migration cannot be run again.
	changes, err := generate.Compare(filepath.Join(root, in.Entry.Filename), out.Files)
	if err != nil {
		return err
	}
	if len(changes.Foreign) > 0 {
		return &tree.ConflictError{Dir: m.env.shown(changes.Dir), Names: changes.Foreign}
	}
	services, err := scaffold.Services(in.Package, out)
	if err != nil {
		return err
	}
	files, framework := make(map[string][]byte), "volo-thrift"
	var todos []migrate.Todo
	if p.Kind == migrate.Kitex && protocol == config.Thrift {
		files, todos, err = p.Kitex(services, out.Files)
	} else {
		framework = "volo-grpc"
		todos, err = p.GRPC(services)
	}
	if err != nil {
		return err
	}
	files[config.Name] = text
	fmt.Fprintf(m.env.Stdout, "a project of %s, from %s\n", p.Kind, strings.Join(paths, ", "))
	if err := m.write(root, files); err != nil {
		return err
	}
	if !m.dryRun {
		g := &regenerate{env: m.env, dir: root}
		if err := g.once(ctx); err != nil {
			return err
		}
	}
	return m.left(append(todos, migrate.Todo{What: "go get " + scaffold.Prefix + framework + ", then go mod tidy"}))
}

// compile compiles the IDLs by a volo.yml that is made for them.
func (m *migration) compile(root string, p *migrate.Project, protocol string, paths, dirs, namings []string) (text []byte, in generate.Input, out *generate.Output, err error) {
	if text, err = migrate.Config(protocol, paths, dirs, namings); err != nil {
		return nil, in, nil, err
	}
	if err := m.env.parses(config.Name, text); err != nil {
		return nil, in, nil, err
	}
	file, err := config.Parse(config.Name, string(text))
	if err != nil {
		return nil, in, nil, err
	}
	in = generate.Input{Entry: file.Entries[0], Package: p.Module + "/gen", ReadFile: func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	}}
	out, list := generate.Compile(in)
	return text, in, out, m.env.diagnose(list)
}

// write writes files and keeps those that were there under other names, which
// must be free.
func (m *migration) write(root string, files map[string][]byte) error {
	all := maps.Clone(files)
	for name := range files {
		before, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		kept := name + ".old"
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(kept))); err == nil {
			return fmt.Errorf("%s, under which %s would be kept, exists; move it away", kept, name)
		}
		all[kept] = before
	}
	verb := "wrote"
	if m.dryRun {
		verb = "would write"
	} else if err := tree.Write(root, all, true); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(m.env.Stdout, "%s: %s\n", verb, m.env.shown(filepath.Join(root, filepath.FromSlash(name))))
	}
	return nil
}

// left lists what is left to do.
func (m *migration) left(todos []migrate.Todo) error {
	fmt.Fprintln(m.env.Stdout, "\nleft to do:")
	for _, t := range todos {
		fmt.Fprintf(m.env.Stdout, "  - %s\n", t)
	}
	return nil
}
