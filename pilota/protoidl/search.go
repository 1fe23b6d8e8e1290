package protoidl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// A search finds files for protocompile and remembers their texts, so that
// diagnostics can show them.
type search struct {
	dirs []string
	read func(string) ([]byte, error)

	mu    sync.Mutex
	files map[string]*source.File // by the name of the import
	found report.List
}

func newSearch(o Options) *search {
	s := &search{read: o.ReadFile, files: map[string]*source.File{}}
	if s.read == nil {
		s.read = func(name string) ([]byte, error) { return os.ReadFile(filepath.FromSlash(name)) }
	}
	for _, dir := range o.IncludeDirs {
		s.dirs = append(s.dirs, clean(dir))
	}
	if len(s.dirs) == 0 {
		s.dirs = []string{"."}
	}
	return s
}

func clean(name string) string { return path.Clean(filepath.ToSlash(name)) }

// inputs returns the names that the inputs are imported by.
func (s *search) inputs(inputs []string) (names []string) {
	for _, input := range inputs {
		file := clean(input)
		if _, err := s.read(file); err != nil {
			s.found.Errorf("unreadable-file", source.Span{}, "cannot read `%s`: %v", file, err)
			continue
		}
		name, ok := s.name(file)
		if !ok {
			s.dirs = append(s.dirs, path.Dir(file))
			name = path.Base(file)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// name returns the name of a file in the first directory that holds it.
func (s *search) name(file string) (string, bool) {
	for _, dir := range s.dirs {
		if dir == "." && !path.IsAbs(file) && file != ".." && !strings.HasPrefix(file, "../") {
			return file, true
		}
		if rest, ok := strings.CutPrefix(file, strings.TrimSuffix(dir, "/")+"/"); ok {
			return rest, true
		}
	}
	return "", false
}

// FindFileByPath makes a search a resolver of protocompile.
func (s *search) FindFileByPath(name string) (protocompile.SearchResult, error) {
	for _, dir := range s.dirs {
		file := path.Join(dir, name)
		text, err := s.read(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return protocompile.SearchResult{}, fmt.Errorf("cannot read `%s`: %w", file, err)
		}
		s.mu.Lock()
		s.files[name] = source.NewFile(file, string(text))
		s.mu.Unlock()
		return protocompile.SearchResult{Source: strings.NewReader(string(text))}, nil
	}
	return protocompile.SearchResult{}, fmt.Errorf("file is in none of %s: %w", strings.Join(s.dirs, ", "), fs.ErrNotExist)
}
