package command

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
)

// head is what repositories are followed at unless a flag says otherwise.
const head = "HEAD"

// A gitSource is where flags say that an IDL is: in a git repository, or not.
// `volo init` and `volo idl add` share it.
type gitSource struct {
	env            *Env
	git, ref, repo string
}

// flags adds those that both commands have.
func (g *gitSource) flags(f *pflag.FlagSet) {
	f.StringVarP(&g.git, "git", "g", "", "the IDL is in the git repository at `URL`, which is added if need be")
	f.StringVarP(&g.ref, "ref", "r", head, "branch, tag or commit of a repository that is added")
}

// asked reports whether the IDL is in a repository.
func (g *gitSource) asked() bool { return g.git != "" || g.repo != "" }

// aimless reports a ref without a repository.
func (g *gitSource) aimless() error {
	if g.ref != head {
		return usagef("--ref is of a repository whose address --git tells")
	}
	return nil
}

// find returns what volo.yml says of an IDL in a repository, which has it, and
// of the repository if that is new to the entry.
func (g *gitSource) find(ctx context.Context, p *project, entry *config.Entry, idl string, includes []string) (*config.IDL, *config.Repo, error) {
	s := &config.IDL{Source: config.Git, Path: path.Clean(filepath.ToSlash(idl)), Includes: includes}
	repo := g.known(p, entry)
	added := repo == nil
	if added {
		if g.git == "" {
			return nil, nil, fmt.Errorf("entry %q has no repo %q; name its address with --git", entry.Name, g.repo)
		}
		var err error
		if repo, err = g.env.newRepo(ctx, p, entry, g.git, g.ref, g.repo); err != nil {
			return nil, nil, err
		}
	}
	if !added && g.ref != head && g.ref != repo.Ref {
		return nil, nil, fmt.Errorf("repo %q follows %s; with another --ref it needs another name, by --repo", repo.Name, repo.Ref)
	}
	s.Repo = repo.Name
	if err := g.there(ctx, p, repo, s); err != nil {
		return nil, nil, err
	}
	if !added {
		repo = nil
	}
	return s, repo, nil
}

// known returns the repository of the entry that the flags mean.
func (g *gitSource) known(p *project, entry *config.Entry) *config.Repo {
	if g.git == "" {
		return entry.Repo(g.repo)
	}
	for _, r := range entry.Repos {
		if r.URL == g.env.address(p, g.git) && (g.repo == "" || g.repo == r.Name) {
			return r
		}
	}
	return nil
}

// there checks that the repository has the file.
func (g *gitSource) there(ctx context.Context, p *project, r *config.Repo, s *config.IDL) error {
	if r.Lock == "" {
		commit, err := g.env.latest(ctx, p, r)
		if err != nil {
			return err
		}
		locked := *r
		locked.Lock = commit
		r = &locked
	}
	c, err := g.env.cache(p.root)
	if err != nil {
		return err
	}
	dir, err := c.Tree(ctx, r.URL, r.Ref, r.Lock)
	g.env.progressed()
	if err != nil {
		return advice(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Stat(filepath.FromSlash(s.Path)); err != nil || info.IsDir() {
		return fmt.Errorf("%s at %.12s has no file %s; its files are in %s", gitrepo.Shown(r.URL), r.Lock, s.Path, dir)
	}
	return nil
}

// address returns the address of a repository as the project's file has it: a
// path on the command line begins here, one in the file beside it.
func (e *Env) address(p *project, url string) string {
	if !gitrepo.Relative(url) {
		return url
	}
	rel, err := p.relative(e.abs(filepath.FromSlash(url)))
	if err != nil {
		return url
	}
	return rel
}
