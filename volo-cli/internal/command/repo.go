package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
)

// newRepo returns `volo repo`, which only has commands.
func newRepo(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "repo",
		Short: "Git repositories that IDLs come from",
		Long: `Repo adds git repositories to volo.yml and moves the commits that they are
locked at. Any address does that "git clone" takes; credentials are git's own.`,
		Args: group,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRepoAdd(env), newRepoUpdate(env))
	return cmd
}

// group is the check of a command that only has commands.
func group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef("unknown command %q; did you mean %q?", args[0], near[0])
	}
	return usagef("unknown command %q", args[0])
}

// repoAdd is `volo repo add`.
type repoAdd struct {
	env       *Env
	git       string
	ref, name string
	entry     string
	dir       string
}

func newRepoAdd(env *Env) *cobra.Command {
	r := &repoAdd{env: env}
	cmd := &cobra.Command{
		Use:   "add <url>",
		Short: "Add a git repository to volo.yml, locked at a commit",
		Long: `Add finds out the commit that a branch or a tag of the repository is at, fetches
it into the cache and writes all of it into volo.yml. IDLs of it are added by
"volo idl add --repo".`,
		Example: `  volo repo add https://github.com/me/idl.git
  volo repo add git@github.com:me/idl.git --ref v2 --name shared
  volo repo add -g ../idl -r main`,
		Args: func(_ *cobra.Command, args []string) error {
			if r.git == "" {
				return positional("<url>")(nil, args)
			}
			return positional()(nil, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				r.git = args[0]
			}
			return r.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&r.git, "git", "g", "", "the `URL`, if not an argument")
	f.StringVarP(&r.ref, "ref", "r", "HEAD", "branch, tag or commit to follow")
	f.StringVar(&r.name, "name", "", "`NAME` in volo.yml (default: the last element of the URL)")
	f.StringVarP(&r.entry, "entry-name", "n", "default", "add to the entry `NAME` of volo.yml")
	f.StringVar(&r.dir, "dir", "", "start looking for volo.yml in `DIR`")
	env.completeEntry(cmd)
	return cmd
}

func (r *repoAdd) run(ctx context.Context) error {
	p, unlock, err := r.env.change(ctx, r.dir)
	if err != nil {
		return err
	}
	defer unlock()
	entry, err := p.entry(r.entry)
	if err != nil {
		return err
	}
	repo, err := r.env.newRepo(ctx, p, entry, r.git, r.ref, r.name)
	if err != nil {
		return err
	}
	text, err := p.file.AddRepo(entry.Name, repo)
	if err != nil {
		return err
	}
	if err := p.save(text); err != nil {
		return err
	}
	fmt.Fprintf(r.env.Stdout, "added repo %s: %s, %s at %.12s\n", repo.Name, gitrepo.Shown(repo.URL), repo.Ref, repo.Lock)
	fmt.Fprintf(r.env.Stdout, "next: volo idl add <path> --repo %s\n", repo.Name)
	return nil
}

// newRepo finds out what to write of a repository into an entry, and fetches
// it.
func (e *Env) newRepo(ctx context.Context, p *project, entry *config.Entry, url, ref, name string) (*config.Repo, error) {
	if name == "" {
		name = path.Base(gitrepo.Name(url))
	}
	if entry.Repo(name) != nil {
		return nil, fmt.Errorf("entry %q has a repo %q already; choose another name with --name, or `volo repo update %s`", entry.Name, name, name)
	}
	c, err := e.cache(p.root)
	if err != nil {
		return nil, err
	}
	repo := &config.Repo{Name: name, URL: url, Ref: ref}
	if repo.Lock, err = c.Resolve(ctx, url, ref); err != nil {
		return nil, advice(err)
	}
	_, err = c.Tree(ctx, url, ref, repo.Lock)
	e.progressed()
	return repo, err
}

// change opens a project to change its file.
func (e *Env) change(ctx context.Context, dir string) (p *project, unlock func(), err error) {
	if p, err = e.project(dir); err != nil {
		return nil, nil, err
	}
	if unlock, err = e.exclusive(ctx, p.root); err != nil {
		return nil, nil, err
	}
	// Once more: another run may have changed it while we waited.
	if p, err = e.project(dir); err != nil {
		unlock()
		return nil, nil, err
	}
	return p, unlock, nil
}

// entry returns one entry. A workspace has only one, whatever it is called.
func (p *project) entry(name string) (*config.Entry, error) {
	if p.name == config.WorkspaceName {
		return p.file.Entries[0], nil
	}
	all, err := p.entries(name)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// repoUpdate is `volo repo update`.
type repoUpdate struct {
	env   *Env
	json  bool
	entry string
	dir   string
}

func newRepoUpdate(env *Env) *cobra.Command {
	u := &repoUpdate{env: env}
	cmd := &cobra.Command{
		Use:   "update [name...]",
		Short: "Lock git repositories at what their refs are now",
		Long: `Update asks repositories for the commits that their branches and tags are at
now, fetches those and writes them into volo.yml. Without names it updates all
repositories of all entries. "volo gen" then generates from them.`,
		Example: `  volo repo update
  volo repo update shared
  volo repo update --json`,
		RunE:              func(cmd *cobra.Command, args []string) error { return u.run(cmd.Context(), args) },
		ValidArgsFunction: env.repoNames,
	}
	f := cmd.Flags()
	f.BoolVar(&u.json, "json", false, "print what was updated in JSON")
	f.StringVarP(&u.entry, "entry-name", "n", "", "only the entry `NAME` of volo.yml")
	f.StringVar(&u.dir, "dir", "", "start looking for volo.yml in `DIR`")
	env.completeEntry(cmd)
	return cmd
}

// An update is what has become of a repository.
type update struct {
	Entry string `json:"entry"`
	Name  string `json:"name"`
	URL   string `json:"url"`
	Ref   string `json:"ref"`
	Old   string `json:"old"` // empty if there was no lock
	New   string `json:"new"`
}

func (u *repoUpdate) run(ctx context.Context, names []string) error {
	p, unlock, err := u.env.change(ctx, u.dir)
	if err != nil {
		return err
	}
	defer unlock()
	entries, err := p.entries(u.entry)
	if err != nil {
		return err
	}
	if err := known(entries, names); err != nil {
		return err
	}
	updates := []update{}
	for _, e := range entries {
		locks := make(map[string]string)
		for _, r := range e.Repos {
			if len(names) > 0 && !slices.Contains(names, r.Name) {
				continue
			}
			commit, err := u.env.latest(ctx, p, r)
			if err != nil {
				return err
			}
			locks[r.Name] = commit
			updates = append(updates, update{e.Name, r.Name, gitrepo.Shown(r.URL), r.Ref, r.Lock, commit})
		}
		text, err := p.file.SetLocks(e.Name, locks)
		if err != nil {
			return err
		}
		if text == p.file.Source.Text {
			continue
		}
		if err := p.save(text); err != nil {
			return err
		}
	}
	return u.print(p, updates)
}

// known checks that names are those of repositories.
func known(entries []*config.Entry, names []string) error {
	var all []string
	for _, e := range entries {
		for _, r := range e.Repos {
			all = append(all, r.Name)
		}
	}
	for _, name := range names {
		switch {
		case slices.Contains(all, name):
		case len(all) == 0:
			return errors.New("volo.yml has no repos; `volo repo add` adds one")
		default:
			return fmt.Errorf("volo.yml has no repo %q; it has %s", name, strings.Join(all, ", "))
		}
	}
	return nil
}

// latest returns the commit that the ref of a repository is at, fetched.
func (e *Env) latest(ctx context.Context, p *project, r *config.Repo) (string, error) {
	c, err := e.cache(p.root)
	if err != nil {
		return "", err
	}
	commit, err := c.Resolve(ctx, r.URL, r.Ref)
	if err != nil {
		return "", advice(err)
	}
	_, err = c.Tree(ctx, r.URL, r.Ref, commit)
	e.progressed()
	if err != nil {
		return "", advice(err)
	}
	return commit, nil
}

// print tells what was updated.
func (u *repoUpdate) print(p *project, updates []update) error {
	if u.json {
		out := json.NewEncoder(u.env.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(updates)
	}
	moved := false
	for _, up := range updates {
		switch {
		case up.Old == up.New:
			fmt.Fprintf(u.env.Stdout, "%s: up to date, %s at %.12s\n", up.Name, up.Ref, up.New)
		case up.Old == "":
			fmt.Fprintf(u.env.Stdout, "%s: locked %s at %.12s\n", up.Name, up.Ref, up.New)
		default:
			fmt.Fprintf(u.env.Stdout, "%s: %s moved from %.12s to %.12s\n", up.Name, up.Ref, up.Old, up.New)
		}
		moved = moved || up.Old != up.New
	}
	switch {
	case len(updates) == 0:
		fmt.Fprintf(u.env.Stdout, "%s has no repos\n", p.file.Source.Name)
	case moved:
		fmt.Fprintln(u.env.Stdout, "next: volo gen")
	}
	return nil
}
