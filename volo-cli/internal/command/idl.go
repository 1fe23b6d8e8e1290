package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// newIDL returns `volo idl`, which only has commands.
func newIDL(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "idl",
		Short: "IDLs that code is generated from",
		Long: `Idl adds IDLs to volo.yml: files of the project, and files of git repositories,
which stay there and are locked at a commit.`,
		Example: `  volo idl add idl/user.thrift
  volo idl add user/user.thrift --git git@github.com:me/idl.git`,
		Args: group,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newIDLAdd(env))
	return cmd
}

// idlAdd is `volo idl add`.
type idlAdd struct {
	gitSource
	includes []string
	filename string
	entry    string
	dir      string
}

func newIDLAdd(env *Env) *cobra.Command {
	a := &idlAdd{gitSource: gitSource{env: env}}
	cmd := &cobra.Command{
		Use:   "add <idl>",
		Short: "Add an IDL to volo.yml, from this project or from a git repository",
		Long: `Add writes an IDL into an entry of volo.yml. A local one is a path from here; with
--git or --repo it is a path in that repository. An entry that is not there is
made, with the protocol that the file's extension tells and the folder that
--filename names; so is volo.yml itself, in a Go module that has none.

Nothing is generated; "volo gen" does that.`,
		Example: `  volo idl add idl/user.thrift
  volo idl add idl/user.proto --include idl --entry-name grpc --filename genproto
  volo idl add user/user.thrift --git git@github.com:me/idl.git --ref v2
  volo idl add user/user.thrift --repo idl`,
		Args: positional("<idl>"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd.Context(), args[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"thrift", "proto"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	f := cmd.Flags()
	a.flags(f)
	f.StringVar(&a.repo, "repo", "", "the IDL is in the repository that volo.yml calls `NAME`; with --git, call it that")
	f.StringArrayVarP(&a.includes, "include", "i", nil, "look for included IDLs in `DIR`, too; may be repeated")
	f.StringVarP(&a.filename, "filename", "f", "", "`FOLDER` for generated code, of an entry that is made (default gen)")
	f.StringVarP(&a.entry, "entry-name", "n", "default", "add to the entry `NAME` of volo.yml")
	f.StringVar(&a.dir, "dir", "", "start looking for volo.yml in `DIR`")
	cmd.RegisterFlagCompletionFunc("repo", env.repoNames)
	env.completeEntry(cmd)
	return cmd
}

func (a *idlAdd) run(ctx context.Context, idl string) error {
	p, unlock, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	entry := p.file.Entry(a.entry)
	made := entry == nil
	if p.name == config.WorkspaceName {
		entry, made = p.file.Entries[0], false
	}
	protocol := config.Thrift
	if strings.HasSuffix(idl, ".proto") {
		protocol = config.Protobuf
	}
	if made {
		entry = &config.Entry{Name: a.entry, Protocol: protocol, Filename: a.folder()}
	}
	switch {
	case !made && a.filename != "" && path.Clean(a.filename) != entry.Filename:
		return fmt.Errorf("entry %q generates into %s; leave out --filename, or name another entry with --entry-name", entry.Name, entry.Filename)
	case made && config.NoFolder("--filename", entry.Filename, p.file.Source.Name) != "":
		return usagef("%s", config.NoFolder("--filename", entry.Filename, p.file.Source.Name))
	case made && p.generates(entry.Filename) != nil:
		other := p.generates(entry.Filename)
		return fmt.Errorf("entry %q generates into %s; choose another folder with --filename", other.Name, other.Filename)
	case entry.Protocol != protocol:
		return fmt.Errorf("entry %q is for %s; name another entry with --entry-name and its folder with --filename", entry.Name, entry.Protocol)
	}
	s, repo, err := a.service(ctx, p, entry, idl)
	if err != nil {
		return err
	}
	if err := a.write(p, entry, s, repo, made); err != nil {
		return err
	}
	if repo != nil {
		fmt.Fprintf(a.env.Stdout, "added repo %s: %s, %s at %.12s\n", repo.Name, gitrepo.Shown(repo.URL), repo.Ref, repo.Lock)
	}
	fmt.Fprintf(a.env.Stdout, "added %s to entry %s of %s\nnext: volo gen\n", s.Path, entry.Name, p.file.Source.Name)
	return nil
}

// folder returns the folder of an entry that is made.
func (a *idlAdd) folder() string {
	if a.filename != "" {
		return path.Clean(filepath.ToSlash(a.filename))
	}
	return "gen"
}

// open opens the project, or begins one beside go.mod.
func (a *idlAdd) open(ctx context.Context) (*project, func(), error) {
	start := a.env.abs(a.dir)
	_, _, err := above(start, config.Name)
	if err != nil {
		_, _, err = above(start, config.WorkspaceName)
	}
	if err == nil {
		return a.env.change(ctx, a.dir)
	}
	root, _, err := above(start, "go.mod")
	if err != nil {
		return nil, nil, fmt.Errorf("there is no %s, and %w; run `go mod init` first, or `volo init`", config.Name, err)
	}
	unlock, err := a.env.exclusive(ctx, root)
	name := a.env.shown(filepath.Join(root, config.Name))
	return &project{root: root, name: config.Name, file: config.New(name)}, unlock, err
}

// service finds the IDL and returns what to write of it, and of its
// repository if that is new to the entry.
func (a *idlAdd) service(ctx context.Context, p *project, entry *config.Entry, idl string) (*config.IDL, *config.Repo, error) {
	if !a.asked() {
		if err := a.aimless(); err != nil {
			return nil, nil, err
		}
		s, err := a.local(p, entry, idl)
		return s, nil, err
	}
	s, repo, err := a.find(ctx, p, entry, idl, a.includes)
	if err != nil {
		return nil, nil, err
	}
	return s, repo, twice(entry, s)
}

// local returns what to write of a file of the project.
func (a *idlAdd) local(p *project, entry *config.Entry, idl string) (*config.IDL, error) {
	at := a.env.abs(idl)
	if info, err := os.Stat(at); errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return nil, fmt.Errorf("there is no file %s; with --git URL it is looked for in a repository", idl)
	} else if err != nil {
		return nil, err
	}
	s := &config.IDL{Source: config.Local}
	var err error
	if s.Path, err = p.relative(at); err != nil {
		return nil, err
	}
	for _, dir := range a.includes {
		rel, err := p.relative(a.env.abs(dir))
		if err != nil {
			return nil, err
		}
		s.Includes = append(s.Includes, rel)
	}
	return s, twice(entry, s)
}

// twice reports an IDL that the entry has.
func twice(entry *config.Entry, s *config.IDL) error {
	for _, other := range entry.Services {
		if path.Clean(other.Path) == path.Clean(s.Path) && other.Repo == s.Repo {
			return fmt.Errorf("entry %q has %s already", entry.Name, s.Path)
		}
	}
	return nil
}

// write writes what is new into the project's file.
func (a *idlAdd) write(p *project, entry *config.Entry, s *config.IDL, repo *config.Repo, made bool) error {
	if made {
		entry.Services = []*config.IDL{s}
		if repo != nil {
			entry.Repos = []*config.Repo{repo}
		}
		text, err := p.file.AddEntry(entry)
		if err != nil {
			return err
		}
		if _, err := config.Parse(p.file.Source.Name, text); err != nil {
			return err
		}
		return tree.Write(p.root, map[string][]byte{p.name: []byte(text)}, true)
	}
	// The file is written once it has both.
	file := p.file
	if repo != nil {
		text, err := file.AddRepo(entry.Name, repo)
		if err != nil {
			return err
		}
		if file, err = config.Parse(file.Source.Name, text); err != nil {
			return err
		}
	}
	text, err := file.AddService(entry.Name, s)
	if err != nil {
		return err
	}
	return p.save(text)
}
