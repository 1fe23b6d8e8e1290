package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A fetch gets one commit. The lock of the repository's folder is held.
type fetch struct {
	*Cache
	dir, repo            string
	address, ref, commit string
}

// objects makes sure that the objects of the commit are in the cache.
func (f *fetch) objects(ctx context.Context) error {
	// What a git that was killed has left: we hold the lock, so nobody is at it.
	stale, _ := filepath.Glob(filepath.Join(f.repo, "*.lock"))
	for _, name := range stale {
		os.Remove(name)
	}
	if _, err := f.git(ctx, "init", "--quiet", "--bare", "--template=", f.repo); err != nil {
		return fmt.Errorf("cannot make %s: %w", f.repo, err)
	}
	if f.there(ctx) {
		return nil
	}
	f.say(fmt.Sprintf("fetching %s at %.12s", Shown(f.address), f.commit))
	from := f.absolute(f.address)
	var err error
	// Not every server hands out a commit by its name; then the ref has it, or
	// something that was pushed over. The last depth is git's word for all.
	for _, what := range [][]string{
		{"--depth=1", "--", from, f.commit},
		{"--depth=1", "--", from, f.ref},
		{"--depth=2147483647", "--", from, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
	} {
		args := append([]string{"--git-dir=" + f.repo, "fetch", "--progress", "--no-tags", "--no-auto-gc", "--no-write-fetch-head"}, what...)
		if _, err = f.git(ctx, args...); err == nil && f.there(ctx) {
			return nil
		}
		var failed *gitError
		if err != nil && (!errors.As(err, &failed) || !failed.refused()) {
			return fmt.Errorf("cannot fetch %s, of which commit %.12s is not in the cache: %w", Shown(f.address), f.commit, err)
		}
	}
	return fmt.Errorf("%s has no commit %s, neither at `%s` nor elsewhere; `volo repo update` locks what `%s` is now", Shown(f.address), f.commit, f.ref, f.ref)
}

// there reports whether the commit is in the cache.
func (f *fetch) there(ctx context.Context) bool {
	_, err := f.git(ctx, "--git-dir="+f.repo, "cat-file", "-e", f.commit+"^{tree}")
	return err == nil
}

// checkout writes the files of the commit to tree, all or none.
func (f *fetch) checkout(ctx context.Context, tree string) error {
	tmp, err := os.MkdirTemp(f.dir, "checkout-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	files := filepath.Join(tmp, "files")
	if err := os.Mkdir(files, 0o777); err != nil {
		return err
	}
	index := "GIT_INDEX_FILE=" + filepath.Join(tmp, "index")
	for _, args := range [][]string{{"read-tree", f.commit}, {"checkout-index", "--all", "--quiet"}} {
		args = append([]string{"-c", "core.autocrlf=false", "--git-dir=" + f.repo, "--work-tree=" + files}, args...)
		if _, err := f.run(ctx, append(f.environ(), index), args...); err != nil {
			return fmt.Errorf("cannot check out %s at %.12s: %w", Shown(f.address), f.commit, err)
		}
	}
	return os.Rename(files, tree)
}

// say reports progress.
func (c *Cache) say(line string) {
	if c.Progress != nil {
		c.Progress(line)
	}
}

// A gitError is what git said when it failed.
type gitError struct {
	what string // the arguments
	said string
	err  error
}

// Error returns the lines of git that say what is wrong.
func (e *gitError) Error() string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(e.said, "\r", "\n")) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"fatal: ", "error: ", "ERROR: ", "ssh: "} {
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				lines = append(lines, rest)
			}
		}
	}
	if len(lines) == 0 {
		return fmt.Sprintf("git %s: %v", e.what, e.err)
	}
	return "git says: " + strings.Join(lines, "; ")
}

func (e *gitError) Unwrap() error { return e.err }

// refused reports whether the server is well and does not hand this out.
func (e *gitError) refused() bool {
	for _, s := range []string{"not our ref", "unadvertised object", "couldn't find remote ref", "no such remote ref"} {
		if strings.Contains(strings.ToLower(e.said), s) {
			return true
		}
	}
	return false
}

// git runs git and returns its standard output.
func (c *Cache) git(ctx context.Context, args ...string) (string, error) {
	return c.run(ctx, c.environ(), args...)
}

// run is git with an environment.
func (c *Cache) run(ctx context.Context, environ []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = environ
	if _, err := os.Stat(c.Base); err == nil { // that of a new project is not there yet
		cmd.Dir = c.Base
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if c.Live {
		cmd.Stderr = io.MultiWriter(&said, &live{say: c.say})
	}
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", errNoGit
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &gitError{what: strings.Join(args, " "), said: said.String(), err: err}
	}
	return out.String(), nil
}

// environ returns git's environment. What a hook of git has set, from which
// volo may run, is about the project's own repository.
func (c *Cache) environ() []string {
	var env []string
	set := make(map[string]bool)
	for _, kv := range c.Environ {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE", "LC_ALL", "LANGUAGE":
			continue
		}
		set[name] = true
		env = append(env, kv)
	}
	env = append(env, "LC_ALL=C") // what git says is looked at
	if !set["GIT_ALLOW_PROTOCOL"] {
		env = append(env, "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh")
	}
	if !c.Ask {
		env = append(env, "GIT_TERMINAL_PROMPT=0")
		if !set["GIT_SSH_COMMAND"] && !set["GIT_SSH"] {
			env = append(env, "GIT_SSH_COMMAND=ssh -oBatchMode=yes")
		}
	}
	return env
}

// live hands on lines, ended by \r or \n, as they come.
type live struct {
	line []byte
	say  func(line string)
}

// Write implements [io.Writer].
func (l *live) Write(b []byte) (int, error) {
	for _, c := range b {
		if c != '\r' && c != '\n' {
			l.line = append(l.line, c)
			continue
		}
		if text := strings.TrimSpace(string(l.line)); text != "" {
			l.say(strings.TrimPrefix(text, "remote: "))
		}
		l.line = l.line[:0]
	}
	return len(b), nil
}
