package tree_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/tree"
)

func TestWriteReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	first := map[string][]byte{"a": []byte("1"), "b/c": []byte("2"), "b/d": []byte("3")}
	if err := tree.Write(dir, first, false); err != nil {
		t.Fatal(err)
	}
	if err := tree.Write(dir, first, false); err != nil {
		t.Errorf("the same once more: got %v, want no error", err)
	}
	second := map[string][]byte{"a": []byte("1"), "b/d": []byte("x"), "b/c": []byte("y"), "new": []byte("z")}
	err := tree.Write(dir, second, false)
	var conflict *tree.ConflictError
	if !errors.As(err, &conflict) || !slices.Equal(conflict.Names, []string{"b/c", "b/d"}) {
		t.Errorf("other contents: got %v, want a conflict of b/c and b/d", err)
	}
	if want := "2 files exist in " + dir + " with other contents:\n  b/c\n  b/d"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after a conflict: got %v for new, want that it was not written", err)
	}
	if got := read(t, dir, "b/c"); got != "2" {
		t.Errorf("after a conflict: got %q in b/c, want 2", got)
	}
	if err := tree.Write(dir, second, true); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "b/c") + read(t, dir, "new"); got != "yz" {
		t.Errorf("with overwrite: got %q in b/c and new, want yz", got)
	}
	var names []string
	filepath.WalkDir(dir, func(at string, d os.DirEntry, err error) error {
		if !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	})
	if want := []string{"a", "c", "d", "new"}; !slices.Equal(names, want) {
		t.Errorf("files: got %v, want %v and no temporary ones", names, want)
	}
}

func TestWriteLeavesFoldersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, overwrite := range []bool{false, true} {
		if err := tree.Write(dir, map[string][]byte{"a": nil}, overwrite); err == nil {
			t.Errorf("a folder where a file should be, overwrite %v: got no error", overwrite)
		}
	}
}

func read(t *testing.T, dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
