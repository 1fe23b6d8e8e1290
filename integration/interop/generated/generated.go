// Package generated keeps folders of generated code that are checked in: it
// writes what our compiler makes of some IDL files, and tells whether what lies
// in a folder is still that.
package generated

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/report"
)

// A Folder is a folder with generated code and nothing else in it.
type Folder struct {
	Dir    string   // where it is
	Import string   // its import path
	IDL    []string // what the code is generated from; every definition of them

	Descriptors bool // are generated as well
	FieldMasks  bool // too
}

// Write generates the folder anew. What was in it before is gone.
func (f Folder) Write() error {
	files, err := f.generate()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(f.Dir); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// Compare generates the files in memory. The error names each one that is not
// in the folder as it was generated.
func (f Folder) Compare() error {
	want, err := f.generate()
	if err != nil {
		return err
	}
	var differences []error
	err = filepath.WalkDir(f.Dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		got, err := os.ReadFile(name)
		if content, ok := want[name]; !ok {
			differences = append(differences, fmt.Errorf("%s is not generated any more", name))
		} else if !bytes.Equal(got, content) {
			differences = append(differences, fmt.Errorf("%s is not what is generated now", name))
		}
		delete(want, name)
		return err
	})
	for name := range want {
		differences = append(differences, fmt.Errorf("%s is generated, but not there", name))
	}
	return errors.Join(append(differences, err)...)
}

// generate returns the contents of the files by name.
func (f Folder) generate() (map[string][]byte, error) {
	byName := map[string][]byte{}
	for _, compile := range []func() ([]gen.File, report.List){f.thrift, f.proto} {
		files, diagnostics := compile()
		if diagnostics.HasErrors() {
			var b bytes.Buffer
			diagnostics.Render(&b, report.Style{})
			return nil, errors.New(b.String())
		}
		for _, file := range files {
			byName[filepath.Join(f.Dir, filepath.FromSlash(file.Path))] = file.Content
		}
	}
	return byName, nil
}

// with returns the IDL files that have an extension.
func (f Folder) with(extension string) []string {
	return slices.DeleteFunc(slices.Clone(f.IDL), func(name string) bool { return filepath.Ext(name) != extension })
}

func (f Folder) thrift() ([]gen.File, report.List) {
	idl := f.with(".thrift")
	if len(idl) == 0 {
		return nil, nil
	}
	return pilota.Compile(pilota.Options{
		Inputs:  idl,
		KeepAll: true,
		Go:      gen.Options{PackagePrefix: f.Import, WithDescriptor: f.Descriptors, WithFieldMask: f.FieldMasks},
	})
}

// proto compiles the Protobuf files, which know each other by their base names.
func (f Folder) proto() ([]gen.File, report.List) {
	idl := f.with(".proto")
	if len(idl) == 0 {
		return nil, nil
	}
	folder := filepath.Dir(idl[0])
	for i := range idl {
		idl[i] = filepath.Base(idl[i])
	}
	return pilota.CompileProto(pilota.ProtoOptions{
		Inputs:        idl,
		IncludeDirs:   []string{"."},
		ReadFile:      func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(folder, name)) },
		PackagePrefix: f.Import,
	})
}

// module is the import path of the folder integration.
const module = "github.com/volo-go/volo/integration"

// ThriftTest returns the folder gen of package interop. dir is the path of that
// package.
func ThriftTest(dir string) Folder {
	return Folder{
		Dir:    filepath.Join(dir, "gen"),
		Import: module + "/interop/gen",
		IDL:    []string{filepath.Join(dir, "apachetest", "ThriftTest.thrift")},
	}
}

// Shop returns the folder gen of the service that the tests of package generic
// of volo-thrift call. dir is the path of package interop.
func Shop(dir string) Folder {
	shop := filepath.Join(dir, "..", "..", "volo-thrift", "generic", "internal", "shop")
	return Folder{
		Dir:         filepath.Join(shop, "gen"),
		Import:      "github.com/volo-go/volo/volo-thrift/generic/internal/shop/gen",
		IDL:         []string{filepath.Join(shop, "shop.thrift")},
		Descriptors: true,
	}
}

// Kitex returns the folder gen of suite kitex. dir is the path of package
// conformance.
func Kitex(dir string) Folder {
	return Folder{
		Dir:    filepath.Join(dir, "kitex", "gen"),
		Import: module + "/conformance/kitex/gen",
		IDL:    []string{filepath.Join(dir, "kitex", "suite.thrift")},
	}
}

// Examples returns the folder gen of each example that has IDL files. dir is
// the path of the folder of all examples.
func Examples(dir string) (folders []Folder, err error) {
	idl, err := filepath.Glob(filepath.Join(dir, "*", "*.thrift"))
	proto, protoErr := filepath.Glob(filepath.Join(dir, "*", "*.proto"))
	idl, err = append(idl, proto...), errors.Join(err, protoErr)
	slices.SortFunc(idl, func(a, b string) int { return strings.Compare(filepath.Dir(a), filepath.Dir(b)) })
	for _, name := range idl {
		example := filepath.Dir(name)
		gen := filepath.Join(example, "gen")
		if n := len(folders); n > 0 && folders[n-1].Dir == gen {
			folders[n-1].IDL = append(folders[n-1].IDL, name)
			continue
		}
		folders = append(folders, Folder{
			Dir:    gen,
			Import: path.Join(module, "examples", filepath.Base(example), "gen"),
			IDL:    []string{name},

			FieldMasks: filepath.Base(example) == "fieldmask",
		})
	}
	return folders, err
}
