package command

import (
	"context"
	"fmt"
	"path"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/pilota/report"
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
		Example: `  volo repo add https://github.com/me/idl.git
  volo repo update`,
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
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	near := cmd.SuggestionsFor(args[0])
	if best := report.Nearest(args[0], names); best != "" {
		near = []string{best}
	}
	if len(near) > 0 {
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
	f.StringVarP(&r.ref, "ref", "r", head, "branch, tag or commit to follow")
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
	url = e.address(p, url)
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
	if other := twin(c, entry, repo); other != nil {
		return nil, fmt.Errorf("repos %q and %q would both be called %s, at different commits or addresses, which `volo gen` cannot tell apart; add it to an entry of its own with --entry-name, or use repo %q",
			other.Name, name, gitrepo.Name(url), other.Name)
	}
	_, err = c.Tree(ctx, url, ref, repo.Lock)
	e.progressed()
	return repo, err
}

// twin returns the repository of the entry that has the name of repo but other
// files, nil if there is none. [generate.Compile] refuses the two.
func twin(c *gitrepo.Cache, entry *config.Entry, repo *config.Repo) *config.Repo {
	for _, other := range entry.Repos {
		if other.Lock != "" && gitrepo.Name(other.URL) == gitrepo.Name(repo.URL) &&
			c.Folder(other.URL, other.Lock) != c.Folder(repo.URL, repo.Lock) {
			return other
		}
	}
	return nil
}
