package gitrepo_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
)

// An origin is a repository that others fetch from.
type origin struct {
	t   *testing.T
	dir string
	env []string
}

// newOrigin makes one in a folder called idl.
func newOrigin(t *testing.T) *origin {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	o := &origin{t: t, dir: filepath.Join(t.TempDir(), "idl")}
	o.env = append(os.Environ(), "HOME="+t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	if err := os.Mkdir(o.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	o.git("init", "--quiet", "--initial-branch=main")
	return o
}

// git runs git in the repository.
func (o *origin) git(args ...string) string {
	o.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = o.dir, o.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		o.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit commits a file and returns the commit's name.
func (o *origin) commit(name, text string) string {
	o.t.Helper()
	at := filepath.Join(o.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
		o.t.Fatal(err)
	}
	o.git("add", ".")
	o.git("commit", "--quiet", "-m", "x")
	return o.git("rev-parse", "HEAD")
}

// cache returns an empty cache.
func (o *origin) cache() *gitrepo.Cache {
	return &gitrepo.Cache{Dir: filepath.Join(o.t.TempDir(), "cache"), Base: o.t.TempDir(), Environ: o.env}
}

func has(t *testing.T, dir, name, want string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || string(got) != want {
		t.Errorf("%s: got %q and %v, want %q", name, got, err, want)
	}
}

func TestResolveFindsBranchesTagsAndCommits(t *testing.T) {
	o := newOrigin(t)
	first := o.commit("a.thrift", "1")
	o.git("tag", "light")
	o.git("tag", "-a", "heavy", "-m", "x")
	o.git("branch", "feature/main")
	second := o.commit("a.thrift", "2")
	c := o.cache()
	for _, tt := range []struct{ ref, want string }{
		{"HEAD", second}, {"main", second}, {"feature/main", first}, {"refs/heads/main", second},
		{"light", first}, {"heavy", first}, {first, first},
	} {
		if got, err := c.Resolve(t.Context(), "file://"+o.dir, tt.ref); got != tt.want || err != nil {
			t.Errorf("%s: got %q and %v, want %q", tt.ref, got, err, tt.want)
		}
	}
	for _, tt := range []struct{ ref, want string }{
		{"mian", "has no branch or tag `mian`; did you mean `main`?"},
		{"somewhere", "it has feature/main, main, heavy, light"},
	} {
		_, err := c.Resolve(t.Context(), o.dir, tt.ref)
		var ref *gitrepo.RefError
		if !errors.As(err, &ref) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.ref, err, tt.want)
		}
	}
}

func TestATreeIsFetchedOnceAndThenNeedsNothing(t *testing.T) {
	o := newOrigin(t)
	first := o.commit("dir/a.thrift", "1")
	second := o.commit("dir/a.thrift", "2")
	c := o.cache()
	var said []string
	c.Progress = func(line string) { said = append(said, line) }
	dir, err := c.Tree(t.Context(), "file://"+o.dir, "main", second)
	if err != nil {
		t.Fatal(err)
	}
	has(t, dir, "dir/a.thrift", "2")
	if want := "fetching file://" + o.dir + " at " + second[:12]; len(said) != 1 || said[0] != want {
		t.Errorf("progress: got %q, want %q", said, want)
	}
	if dir, err = c.Tree(t.Context(), "file://"+o.dir, "main", first); err != nil {
		t.Fatal(err) // not what main is at any more
	}
	has(t, dir, "dir/a.thrift", "1")

	// Neither git nor the repository are there any more.
	t.Setenv("PATH", "")
	if err := os.RemoveAll(o.dir); err != nil {
		t.Fatal(err)
	}
	again, err := c.Tree(t.Context(), "file://"+o.dir, "main", first)
	if again != dir || err != nil {
		t.Errorf("from the cache: got %q and %v, want %q", again, err, dir)
	}
	if _, err = c.Tree(t.Context(), "file://"+o.dir, "main", strings.Repeat("a", 40)); err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("without git: got %v, want advice to install it", err)
	}
}

func TestALockThatWasPushedOverIsSaidToBeGone(t *testing.T) {
	o := newOrigin(t)
	o.commit("a.thrift", "1")
	_, err := o.cache().Tree(t.Context(), "file://"+o.dir, "main", strings.Repeat("a", 40))
	if err == nil || !strings.Contains(err.Error(), "has no commit aaaa") || !strings.Contains(err.Error(), "`volo repo update`") {
		t.Errorf("got %v, want that there is no such commit and what to do", err)
	}
}

func TestARepositoryThatIsNotThereIsNamed(t *testing.T) {
	o := newOrigin(t)
	c := o.cache()
	_, err := c.Resolve(t.Context(), "nowhere", "main")
	if err == nil || !strings.Contains(err.Error(), "cannot ask nowhere for `main`: git says: ") {
		t.Errorf("Resolve: got %v, want that nowhere cannot be asked and what git says", err)
	}
	_, err = c.Tree(t.Context(), "nowhere", "main", strings.Repeat("a", 40))
	if err == nil || !strings.Contains(err.Error(), "not in the cache: git says: ") {
		t.Errorf("Tree: got %v, want that the commit is not in the cache and what git says", err)
	}
}

func TestManyCanFetchAtOnce(t *testing.T) {
	o := newOrigin(t)
	commit := o.commit("a.thrift", "1")
	c := o.cache()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			one := *c // as another process has it
			dir, err := one.Tree(t.Context(), o.dir, "main", commit)
			if err != nil {
				t.Error(err)
				return
			}
			has(t, dir, "a.thrift", "1")
		})
	}
	group.Wait()
}

func TestWhatAGitThatWasKilledLeftIsNotInTheWay(t *testing.T) {
	o := newOrigin(t)
	first := o.commit("a.thrift", "1")
	c := o.cache()
	if _, err := c.Tree(t.Context(), o.dir, "main", first); err != nil {
		t.Fatal(err)
	}
	repos, err := filepath.Glob(filepath.Join(c.Dir, "*", "repo.git"))
	if err != nil || len(repos) != 1 {
		t.Fatalf("got %v and %v, want one repository", repos, err)
	}
	if err := os.WriteFile(filepath.Join(repos[0], "shallow.lock"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tree(t.Context(), o.dir, "main", o.commit("a.thrift", "2")); err != nil {
		t.Error(err)
	}
}

func TestTheEnvironmentOfAHookIsNotTheRepositorys(t *testing.T) {
	o := newOrigin(t)
	commit := o.commit("a.thrift", "1")
	c := o.cache()
	c.Environ = append(c.Environ, "GIT_DIR=/nowhere", "GIT_INDEX_FILE=/nowhere/index")
	dir, err := c.Tree(t.Context(), o.dir, "main", commit)
	if err != nil {
		t.Fatal(err)
	}
	has(t, dir, "a.thrift", "1")
}

func TestNamesAreTheSameForAllAddressesOfARepository(t *testing.T) {
	for _, tt := range []struct{ address, want string }{
		{"https://example.com/team/idl.git", "example.com/team/idl"},
		{"https://user:secret@example.com:8443/team/idl/", "example.com/team/idl"},
		{"ssh://git@example.com/team/sub/idl.git", "example.com/team/sub/idl"},
		{"git@example.com:team/idl.git", "example.com/team/idl"},
		{"example.com:team/idl", "example.com/team/idl"},
		{"git://[::1]:99/idl", "::1/idl"},
		{"file:///a/b/team/idl", "local/team/idl"},
		{"/a/b/team/idl/.git", "local/team/idl"},
		{"../idl", "local/idl"},
		{"https://example.com/a b/../../x", "example.com/x"},
	} {
		if got := gitrepo.Name(tt.address); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.address, got, tt.want)
		}
	}
	if got := gitrepo.Shown("https://user:secret@example.com/x"); strings.Contains(got, "secret") {
		t.Errorf("got %q, want no password", got)
	}
}
