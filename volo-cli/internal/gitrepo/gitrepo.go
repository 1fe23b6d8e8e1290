// Package gitrepo brings the files of git repositories to this machine, once.
//
// A [Cache] is a folder that all projects of a user share. [Cache.Resolve] asks
// a repository which commit a branch or a tag is at; [Cache.Tree] returns a
// folder with the files of a commit. A commit that is in the cache needs no
// network, nor git.
//
//	<cache>/<name>-<hash of the address>/lock        held while one process changes the rest
//	                                     repo.git    the objects, one commit deep
//	                                     trees/<commit>
//
// A tree appears under its name when it is whole and never changes after that,
// so readers take no lock. Everything goes through the git command, with the
// user's own configuration and credentials; hooks of templates do not run.
// Submodules are not fetched.
//
// A Cache is safe for concurrent use, by several processes, too.
package gitrepo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/volo-go/volo/pilota/report"
)

// A Cache is where copies of repositories are.
type Cache struct {
	Dir     string   // absolute; made when needed
	Base    string   // absolute; where addresses that are relative paths begin
	Environ []string // for git
	// Ask lets git ask for passwords on the terminal.
	Ask bool
	// Progress is called with what is being done, in a line: first that the
	// fetch of a repository begins, then, if Live, what git says of it.
	Progress func(line string)
	Live     bool
}

// hash is a commit by its full name.
var hash = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// A RefError says that a repository has no branch or tag of some name.
type RefError struct {
	URL, Ref string
	Has      []string // branches, then tags
}

// Error names what there is.
func (e *RefError) Error() string {
	s := fmt.Sprintf("%s has no branch or tag `%s`", Shown(e.URL), e.Ref)
	switch near := report.Nearest(e.Ref, e.Has); {
	case near != "":
		return s + fmt.Sprintf("; did you mean `%s`?", near)
	case len(e.Has) == 0:
		return s + "; it is empty"
	case len(e.Has) > 8:
		return s + "; it has " + strings.Join(e.Has[:8], ", ") + " and more"
	}
	return s + "; it has " + strings.Join(e.Has, ", ")
}

// Resolve returns the commit that a branch or a tag, or "HEAD", is at. A commit
// by its full name is itself. It always asks the repository.
func (c *Cache) Resolve(ctx context.Context, address, ref string) (string, error) {
	if hash.MatchString(ref) {
		return ref, nil
	}
	out, err := c.git(ctx, "ls-remote", "--", c.absolute(address))
	if err != nil {
		return "", fmt.Errorf("cannot ask %s for `%s`: %w", Shown(address), ref, err)
	}
	at := make(map[string]string)
	var has []string
	for line := range strings.Lines(out) {
		commit, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		at[name] = commit
		for _, kind := range []string{"refs/heads/", "refs/tags/"} {
			if short, ok := strings.CutPrefix(name, kind); ok && !strings.HasSuffix(short, "^{}") {
				has = append(has, short)
			}
		}
	}
	// In the order of git rev-parse. A tag with a message is an object of its
	// own; ^{} is the commit that it is about.
	for _, name := range []string{ref, "refs/" + ref, "refs/tags/" + ref + "^{}", "refs/tags/" + ref, "refs/heads/" + ref} {
		if commit := at[name]; hash.MatchString(commit) {
			return commit, nil
		}
	}
	return "", &RefError{address, ref, has}
}

// Tree returns the folder with the files of a commit. If they are not in the
// cache it fetches the commit, or else ref.
func (c *Cache) Tree(ctx context.Context, address, ref, commit string) (string, error) {
	if !hash.MatchString(commit) {
		return "", fmt.Errorf("gitrepo: %q is no commit", commit)
	}
	tree := c.Folder(address, commit)
	dir := filepath.Dir(filepath.Dir(tree))
	if _, err := os.Stat(tree); err == nil {
		return tree, nil
	}
	if err := os.MkdirAll(filepath.Dir(tree), 0o777); err != nil {
		return "", err
	}
	unlock, err := Lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(tree); err == nil { // while we waited
		return tree, nil
	}
	f := &fetch{Cache: c, dir: dir, repo: filepath.Join(dir, "repo.git"), address: address, ref: ref, commit: commit}
	if err := f.objects(ctx); err != nil {
		return "", err
	}
	return tree, f.checkout(ctx, tree)
}

// Folder returns where the files of a commit are once they have been fetched.
func (c *Cache) Folder(address, commit string) string {
	return filepath.Join(c.Dir, folder(c.absolute(address)), "trees", commit)
}

// Lock takes the lock that a file stands for, among all processes. It waits
// for it until ctx is done.
func Lock(ctx context.Context, name string) (unlock func(), err error) {
	type result struct {
		unlock func()
		err    error
	}
	got := make(chan result, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(name).Lock()
		got <- result{unlock, err}
	}()
	select {
	case r := <-got:
		return r.unlock, r.err
	case <-ctx.Done():
		go func() { // the wait itself cannot be broken off
			if r := <-got; r.err == nil {
				r.unlock()
			}
		}()
		return nil, ctx.Err()
	}
}

// absolute returns an address that means the same everywhere.
func (c *Cache) absolute(address string) string {
	if !Relative(address) {
		return address
	}
	return filepath.Join(c.Base, filepath.FromSlash(address))
}

// Relative reports whether an address is a path, and not an absolute one.
func Relative(address string) bool {
	return !strings.Contains(address, "://") && !filepath.IsAbs(address) && !scpLike.MatchString(address)
}

// scpLike is what host:path looks like.
var scpLike = regexp.MustCompile(`^([^/\\:]+@)?[^/\\:]{2,}:`)

// folder names the folder of a repository.
func folder(address string) string {
	sum := sha256.Sum256([]byte(address))
	return path.Base(Name(address)) + "-" + hex.EncodeToString(sum[:6])
}

// odd is what does not belong into names of folders.
var odd = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Name returns a name for a repository that is the same for all its addresses:
// its host, the folders there and itself, as in example.com/team/idl. What is
// on this machine has the host "local", and of the folders only the last.
func Name(address string) string {
	host, at := "local", filepath.ToSlash(address)
	if u, err := url.Parse(address); err == nil && u.Scheme != "" && strings.Contains(address, "://") {
		at = u.Path
		if u.Scheme != "file" {
			host = u.Hostname()
		}
	} else if m := scpLike.FindString(address); m != "" && !filepath.IsAbs(address) {
		host, at = m[strings.LastIndexByte(m, '@')+1:len(m)-1], address[len(m):]
	}
	at = strings.TrimSuffix(strings.TrimSuffix(strings.Trim(path.Clean("/"+at), "/"), "/.git"), ".git")
	elems := strings.Split(at, "/")
	if host == "local" && len(elems) > 2 {
		elems = elems[len(elems)-2:]
	}
	for i, e := range elems {
		elems[i] = strings.Trim(odd.ReplaceAllString(e, "-"), ".")
	}
	return path.Join(host, path.Join(elems...))
}

// Shown returns an address without the password that may be in it.
func Shown(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		return u.Redacted()
	}
	return address
}

// errNoGit says how to go on without git.
var errNoGit = errors.New("there is no git command on PATH; install git, or copy the IDLs into the project and use source: local")
