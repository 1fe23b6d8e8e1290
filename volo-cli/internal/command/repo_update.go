package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
)

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
