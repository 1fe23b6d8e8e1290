package generate_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/volo-cli/internal/generate"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

func TestCompareTellsGeneratedFilesFromOthers(t *testing.T) {
	ours := func(text string) []byte { return []byte(gen.Header + "\n" + text) }
	dir := t.TempDir()
	if err := tree.Write(dir, map[string][]byte{
		"same/a.go":     ours("a"),
		"changed/b.go":  ours("old"),
		"stale/c.go":    ours("c"),
		"stale/d/e.go":  ours("e"),
		"mine/f.go":     []byte("package mine"),
		"mine/notes.md": ours("not Go"),
	}, false); err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{"same/a.go": ours("a"), "changed/b.go": ours("new"), "new/g.go": ours("g")}
	c, err := generate.Compare(dir, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		what      string
		got, want []string
	}{
		{"new", c.New, []string{"new/g.go"}},
		{"changed", c.Changed, []string{"changed/b.go"}},
		{"stale", c.Stale, []string{"stale/c.go", "stale/d/e.go"}},
		{"foreign", c.Foreign, nil},
	} {
		if !slices.Equal(r.got, r.want) {
			t.Errorf("%s: got %v, want %v", r.what, r.got, r.want)
		}
	}
	if c.None() {
		t.Error("None: got true, want false")
	}
	if err := c.Apply(); err != nil {
		t.Fatal(err)
	}
	if c, err = generate.Compare(dir, want); err != nil || !c.None() {
		t.Errorf("after Apply: got %+v and %v, want no changes", c, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "stale")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of stale files: got %v, want that it is gone", err)
	}
	for _, name := range []string{"mine/f.go", "mine/notes.md"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s: got %v, want that it is still there", name, err)
		}
	}
}

func TestApplyDoesNothingIfSomethingForeignIsInTheWay(t *testing.T) {
	dir := t.TempDir()
	if err := tree.Write(dir, map[string][]byte{"a.go": []byte("package a")}, false); err != nil {
		t.Fatal(err)
	}
	c, err := generate.Compare(dir, map[string][]byte{"a.go": []byte(gen.Header), "b.go": []byte(gen.Header)})
	if err != nil {
		t.Fatal(err)
	}
	var conflict *tree.ConflictError
	if err := c.Apply(); !errors.As(err, &conflict) || !slices.Equal(conflict.Names, []string{"a.go"}) {
		t.Errorf("got %v, want a conflict of a.go", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "b.go")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("b.go: got %v, want that it was not written", err)
	}
}

func TestCompareOfAFolderThatIsNotThere(t *testing.T) {
	c, err := generate.Compare(filepath.Join(t.TempDir(), "gen"), map[string][]byte{"a/b.go": nil})
	if err != nil || !slices.Equal(c.New, []string{"a/b.go"}) {
		t.Errorf("got %+v and %v, want a/b.go as new", c, err)
	}
}
