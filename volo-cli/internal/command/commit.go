package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A commit is a revision in the git repository of the current folder, with its
// submodules as it has them. Files are read from git's objects; the work tree is
// not touched.
type commit struct {
	ctx     context.Context
	env     *Env
	prefix  string            // of the current folder in the repository
	objects map[string]object // of all files, by path in the repository
	lacking []string          // submodules that are not here, by path
}

// An object is the text of a file, in a repository that dir is in.
type object struct{ dir, hash string }

func openCommit(ctx context.Context, env *Env, ref string) (*commit, error) {
	c := &commit{ctx: ctx, env: env, objects: map[string]object{}}
	where, err := c.git(env.Dir, "rev-parse", "--show-toplevel", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("--against %s is no folder, and here is no git repository that could have it: %w", ref, err)
	}
	top, prefix, _ := strings.Cut(string(where), "\n")
	c.prefix = strings.TrimSpace(prefix)
	if err := c.list(filepath.FromSlash(top), "", ref); err != nil {
		return nil, fmt.Errorf("--against %s is neither a folder nor a commit: %w", ref, err)
	}
	return c, nil
}

// list notes the files of a commit of the repository in a folder, which is at a
// path of the whole.
func (c *commit) list(dir, at, ref string) error {
	list, err := c.git(dir, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", ref)
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(string(list), "\x00") {
		// <mode> <type> <object> TAB <path>
		meta, name, ok := strings.Cut(entry, "\t")
		words := strings.Fields(meta)
		if !ok || len(words) != 3 {
			continue
		}
		switch full := path.Join(at, name); words[1] {
		case "blob":
			c.objects[full] = object{dir, words[2]}
		case "commit":
			// Git would look for the repository above a folder that is empty.
			module := filepath.Join(dir, filepath.FromSlash(name))
			_, err := os.Stat(filepath.Join(module, ".git"))
			if err != nil || c.list(module, full, words[2]) != nil {
				c.lacking = append(c.lacking, full)
			}
		}
	}
	return nil
}

func (c *commit) git(dir string, args ...string) ([]byte, error) {
	cmd := runner{env: c.env, dir: dir}.command(c.ctx, "git", args...)
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
	full := path.Join(c.prefix, name)
	if o, ok := c.objects[full]; ok {
		return c.git(o.dir, "cat-file", "blob", o.hash)
	}
	for _, module := range c.lacking {
		if strings.HasPrefix(full, module+"/") {
			return nil, fmt.Errorf("submodule %s is not here as the commit has it; run `git submodule update --init`, or fetch in it", module)
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
