package command

import (
	"errors"
	"fmt"
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
// wrong with its file has been said.
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
		return nil, e.diagnose(list)
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
