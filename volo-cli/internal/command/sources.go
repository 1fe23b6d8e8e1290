package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/generate"
	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
)

// lookup returns a variable of the environment.
func (e *Env) lookup(name string) string {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(e.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// cacheDir returns the folder for what can be made again.
func (e *Env) cacheDir() (string, error) {
	if dir := e.lookup("VOLO_CACHE"); dir != "" {
		return e.abs(dir), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for a cache: %w; name one in VOLO_CACHE", err)
	}
	return filepath.Join(dir, "volo"), nil
}

// cache returns the cache of git repositories for a project.
func (e *Env) cache(root string) (*gitrepo.Cache, error) {
	dir, err := e.cacheDir()
	if err != nil {
		return nil, err
	}
	return &gitrepo.Cache{
		Dir: filepath.Join(dir, "git"), Base: root, Environ: e.Environ,
		Ask: e.Terminal, Live: e.Terminal, Progress: e.progress,
	}, nil
}

// progress shows what is being done; on a terminal the next line takes the
// place of this one.
func (e *Env) progress(line string) {
	if !e.Terminal {
		fmt.Fprintln(e.Stderr, line)
		return
	}
	if r := []rune(line); len(r) > 79 {
		line = string(r[:79])
	}
	fmt.Fprint(e.Stderr, "\r\x1b[K", line)
}

// progressed clears what progress has left on a terminal.
func (e *Env) progressed() {
	if e.Terminal {
		fmt.Fprint(e.Stderr, "\r\x1b[K")
	}
}

// exclusive takes the lock of a project, so that two runs do not change it at
// once. Without a cache there is no lock, which is not worth failing for.
func (e *Env) exclusive(ctx context.Context, root string) (unlock func(), err error) {
	dir, err := e.cacheDir()
	if err == nil {
		dir = filepath.Join(dir, "locks")
		err = os.MkdirAll(dir, 0o777)
	}
	if err != nil {
		return func() {}, nil
	}
	sum := sha256.Sum256([]byte(root))
	unlock, err = gitrepo.Lock(ctx, filepath.Join(dir, hex.EncodeToString(sum[:8])))
	if err != nil && ctx.Err() == nil {
		return func() {}, nil
	}
	return unlock, err
}

// lock finds out the commits of repositories that have no lock yet, and writes
// them into the project's file.
func (e *Env) lock(ctx context.Context, p *project, entries []*config.Entry, check bool) error {
	for _, entry := range entries {
		locks := make(map[string]string)
		for _, r := range entry.Repos {
			if r.Lock != "" {
				continue
			}
			if check {
				return fmt.Errorf("repo %q of %s has no lock yet; run `volo gen` and commit what it writes there", r.Name, p.file.Source.Name)
			}
			c, err := e.cache(p.root)
			if err != nil {
				return err
			}
			if locks[r.Name], err = c.Resolve(ctx, r.URL, r.Ref); err != nil {
				return advice(err)
			}
		}
		if len(locks) == 0 {
			continue
		}
		text, err := p.file.SetLocks(entry.Name, locks)
		if err != nil {
			return err
		}
		if err := p.save(text); err != nil {
			return err
		}
	}
	return nil
}

// checkouts returns the repositories of an entry, fetched if they have to be:
// all of them, as IDLs of one may include those of another.
func (e *Env) checkouts(ctx context.Context, p *project, entry *config.Entry) (map[string]generate.Checkout, error) {
	found := make(map[string]generate.Checkout)
	for _, r := range entry.Repos {
		c, err := e.cache(p.root)
		if err != nil {
			return nil, err
		}
		dir, err := c.Tree(ctx, r.URL, r.Ref, r.Lock)
		e.progressed()
		if err != nil {
			return nil, advice(err)
		}
		found[r.Name] = generate.Checkout{Name: gitrepo.Name(r.URL), Dir: dir}
	}
	return found, nil
}

// advice adds what to do about an address that does not answer.
func advice(err error) error {
	var ref *gitrepo.RefError
	if errors.As(err, &ref) || !strings.Contains(err.Error(), "git says: ") {
		return err
	}
	return fmt.Errorf("%w\ncheck the address with `git ls-remote`, and that this machine has network and may read the repository", err)
}
