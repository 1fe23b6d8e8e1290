package gen

import (
	"fmt"
	"go/format"
	"path"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// Options change what Generate writes.
type Options struct {
	// PackagePrefix is the import path of the folder that the files are
	// written to, without which packages cannot import one another.
	PackagePrefix string
	// KeepUnknownFields makes structs keep fields that they do not know and
	// write them back, byte for byte.
	KeepUnknownFields bool
	// KeepUnknownOf names IDL files, as the program does: what they declare
	// keeps unknown fields, and whatever that is made of.
	KeepUnknownOf []string
	// KeepCase leaves initialisms as the IDL has them: UserId, not UserID.
	KeepCase bool
	// WithDescriptor gives types and services a method or function that returns
	// their descriptor (package descriptor of the runtime). The descriptors of
	// all files are in a package of their own, "descriptors", so that
	// PackagePrefix is needed.
	WithDescriptor bool
	// WithFieldMask lets structs be sent and received in parts (package
	// fieldmask of the runtime). Masks name fields by descriptors, so there is
	// WithDescriptor, too.
	WithFieldMask bool
	// NoComments leaves the comments of the IDL out of the code and of
	// descriptors.
	NoComments bool
	// Split says how many Go files come of an IDL file.
	Split Split
	// Dedups names definitions that several files of one Go package may have,
	// as copies of each other: one is written, the others are taken for it.
	// Definitions that differ are all written, under different names.
	Dedups []string
	// SpecialNamings are words that names have in this very spelling, beside the
	// initialisms that Go has: with "IDs" and "OAuth", user_ids becomes UserIDs
	// and oauth_token becomes OAuthToken.
	SpecialNamings []string
	// Plugins add to the output, in this order.
	Plugins []Plugin
}

// A File is one generated file.
type File struct {
	Path    string // relative to the folder of the output, with slashes
	Content []byte
}

// Generate returns the Go files of a program, ordered by path. Errors name
// the place in the IDL.
func Generate(p *ir.Program, o Options) ([]File, error) {
	o.WithDescriptor = o.WithDescriptor || o.WithFieldMask
	g := &generator{opts: o, names: map[any]string{}, byFile: map[*ir.File]*goPackage{}, byPath: map[string]*goPackage{}, twin: map[any]any{}, validated: map[*ir.Struct]bool{}, keeps: map[*ir.Struct]bool{}, special: map[string]string{}}
	for _, word := range o.SpecialNamings {
		g.special[strings.ToLower(word)] = word
	}
	g.arrange(p)
	if err := g.checkCycles(); err != nil {
		return nil, err
	}
	for _, pkg := range g.packages {
		g.dedup(pkg)
	}
	g.keepUnknown(p)
	g.nameAll()
	g.nameDescriptors(p)
	if err := g.describe(p); err != nil {
		return nil, err
	}
	for _, pkg := range g.packages {
		if err := g.generatePackage(pkg); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(g.files, func(a, b File) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	return g.files, g.checkPaths()
}

// A generator is one run of Generate.
type generator struct {
	opts     Options
	packages []*goPackage
	byFile   map[*ir.File]*goPackage
	byPath   map[string]*goPackage // import path
	names    map[any]string        // Go names of declarations, by their pointers
	files    []File

	descriptors *goPackage  // nil without
	twin        map[any]any // a definition that is written under another
	validated   map[*ir.Struct]bool
	keeps       map[*ir.Struct]bool // unknown fields
	special     map[string]string   // SpecialNamings, by their small letters
}

func (g *generator) generatePackage(pkg *goPackage) error {
	taken, takenStubs := slices.Clone(pkg.base), slices.Clone(pkg.base)
	for i, f := range pkg.files {
		if err := g.split(pkg, false, pkg.base[i], g.typeParts(f), &taken); err != nil {
			return err
		}
		if err := g.split(pkg, true, pkg.base[i], g.stubParts(f), &takenStubs); err != nil {
			return err
		}
	}
	for _, plugin := range g.opts.Plugins {
		more, err := plugin.Package(g.pluginPackage(pkg))
		if err != nil {
			return fmt.Errorf("plugin %T: package %s: %w", plugin, pkg.dir, err)
		}
		for _, f := range more {
			g.files = append(g.files, File{Path: path.Join(pkg.dir, f.Path), Content: f.Content})
		}
	}
	return nil
}

// emit runs body and keeps what it wrote, if anything, as a file.
func (g *generator) emit(w *Writer, name string, body func(*Writer) error) error {
	if err := body(w); err != nil {
		return err
	}
	if w.body.Len() == 0 {
		return nil
	}
	content, err := format.Source(w.source())
	if err != nil {
		return fmt.Errorf("%s: generated code does not parse: %w", name, err)
	}
	g.files = append(g.files, File{Path: name, Content: content})
	return nil
}

// typesFile writes what one IDL file declares, apart from services.
func (g *generator) typesFile(w *Writer, f *ir.File) error {
	for _, c := range f.Constants {
		if !g.isTwin(c) {
			g.constantDecl(w, c)
		}
	}
	for _, t := range f.Typedefs {
		if !g.isTwin(t) {
			g.typedefDecl(w, t)
		}
	}
	for _, e := range f.Enums {
		if !g.isTwin(e) {
			g.enumDecl(w, e)
		}
	}
	for _, s := range f.Structs {
		if g.isTwin(s) {
			continue
		}
		if err := g.structDecl(w, s); err != nil {
			return err
		}
	}
	return nil
}

// checkPaths finds files that would overwrite each other.
func (g *generator) checkPaths() error {
	for i := 1; i < len(g.files); i++ {
		if g.files[i].Path == g.files[i-1].Path {
			return fmt.Errorf("two generated files are named %s; rename a namespace", g.files[i].Path)
		}
	}
	return nil
}
