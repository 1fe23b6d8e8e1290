package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// A project is a folder with a volo.yml, or a workspace file.
type project struct {
	root string // absolute
	name string // of the file
	file *config.File
}

// project finds the nearest project at or above dir, and reads it. What is
// wrong with its file has been said; root and name are set then, too.
func (e *Env) project(dir string) (*project, error) {
	root, text, err := above(e.abs(dir), config.Name)
	p := &project{root: root, name: config.Name}
	if shared, workspace, e := above(e.abs(dir), config.WorkspaceName); e == nil && (err != nil || len(shared) > len(root)) {
		p.root, p.name, text, err = shared, config.WorkspaceName, workspace, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w; `volo init` makes a project that has one", err)
	}
	p.file, err = config.Parse(e.shown(filepath.Join(p.root, p.name)), string(text))
	var list report.List
	if errors.As(err, &list) {
		return p, e.diagnose(list)
	}
	return p, err
}

// entries returns the entry called name, all if it is empty.
func (p *project) entries(name string) ([]*config.Entry, error) {
	if name == "" {
		return p.file.Entries, nil
	}
	if e := p.file.Entry(name); e != nil {
		return []*config.Entry{e}, nil
	}
	var names []string
	for _, e := range p.file.Entries {
		names = append(names, e.Name)
	}
	return nil, fmt.Errorf("%s has no entry %q; it has %s", p.file.Source.Name, name, strings.Join(names, ", "))
}

// save replaces the text of the file.
func (p *project) save(text string) error {
	f, err := config.Parse(p.file.Source.Name, text)
	if err != nil {
		return err
	}
	p.file = f
	return tree.Write(p.root, map[string][]byte{p.name: []byte(text)}, true)
}

// above returns the nearest folder at or above dir that has a file called
// name, and the file's text.
func above(dir, name string) (string, []byte, error) {
	for at := dir; ; {
		text, err := os.ReadFile(filepath.Join(at, name))
		if err == nil {
			return at, text, nil
		}
		up := filepath.Dir(at)
		switch {
		case !errors.Is(err, fs.ErrNotExist):
			return "", nil, err
		case up == at:
			return "", nil, &absentError{name, dir}
		}
		at = up
	}
}

// An absentError says that a file is in no folder. It is [fs.ErrNotExist].
type absentError struct{ name, dir string }

func (e *absentError) Error() string {
	return fmt.Sprintf("there is no %s in %s, nor in a folder above", e.name, e.dir)
}

func (e *absentError) Unwrap() error { return fs.ErrNotExist }

// shown returns a path as people want to see it: relative if it is below the
// current folder or close to it.
func (e *Env) shown(name string) string {
	rel, err := filepath.Rel(e.Dir, name)
	if err != nil || len(rel) > len(name) {
		return name
	}
	return rel
}

// generates returns the entry that generates into a folder, or around it, nil if
// there is none.
func (p *project) generates(folder string) *config.Entry {
	for _, e := range p.file.Entries {
		if strings.HasPrefix(e.Filename+"/", folder+"/") || strings.HasPrefix(folder+"/", e.Filename+"/") {
			return e
		}
	}
	return nil
}

// relative returns a path as the project's file has it.
func (p *project) relative(at string) (string, error) {
	rel, err := filepath.Rel(p.root, at)
	return filepath.ToSlash(rel), err
}

// change opens a project to change its file.
func (e *Env) change(ctx context.Context, dir string) (p *project, unlock func(), err error) {
	if p, err = e.project(dir); err != nil {
		return nil, nil, err
	}
	if unlock, err = e.exclusive(ctx, p.root); err != nil {
		return nil, nil, err
	}
	// Once more: another run may have changed it while we waited.
	if p, err = e.project(dir); err != nil {
		unlock()
		return nil, nil, err
	}
	return p, unlock, nil
}

// entry returns one entry. A workspace has only one, whatever it is called.
func (p *project) entry(name string) (*config.Entry, error) {
	if p.name == config.WorkspaceName {
		return p.file.Entries[0], nil
	}
	all, err := p.entries(name)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
