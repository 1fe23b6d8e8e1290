package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// A commit is a revision in the git repository of the current folder. Its
// files are read from git's objects; the work tree is not touched.
type commit struct {
	ctx     context.Context
	env     *Env
	prefix  string            // of the current folder in the repository
	objects map[string]string // of all files, by path in the repository
}

func openCommit(ctx context.Context, env *Env, ref string) (*commit, error) {
	c := &commit{ctx: ctx, env: env, objects: map[string]string{}}
	prefix, err := c.git("rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("--against %s is no folder, and there is no git repository here: %w", ref, err)
	}
	c.prefix = strings.TrimSpace(string(prefix))
	list, err := c.git("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", ref)
	if err != nil {
		return nil, fmt.Errorf("--against %s is neither a folder nor a commit: %w", ref, err)
	}
	for entry := range strings.SplitSeq(string(list), "\x00") {
		// <mode> <type> <object> TAB <path>
		meta, name, ok := strings.Cut(entry, "\t")
		if words := strings.Fields(meta); ok && len(words) == 3 && words[1] == "blob" {
			c.objects[name] = words[2]
		}
	}
	return c, nil
}

func (c *commit) git(args ...string) ([]byte, error) {
	cmd := runner{env: c.env, dir: c.env.Dir}.command(c.ctx, "git", args...)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
		first, _, _ := strings.Cut(strings.TrimSpace(string(exit.Stderr)), "\n")
		return nil, errors.New("git: " + first)
	}
	return out, err
}

func (c *commit) names() ([]string, error) {
	var names []string
	for name := range c.objects {
		if rest, ok := strings.CutPrefix(name, c.prefix); ok && (isThrift(name) || isProto(name)) {
			names = append(names, rest)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (c *commit) read(name string) ([]byte, error) {
	object, ok := c.objects[path.Join(c.prefix, name)]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return c.git("cat-file", "blob", object)
}
