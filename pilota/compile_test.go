package pilota_test

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/report"
)

func ExampleCompile() {
	idl := map[string]string{"greeter.thrift": `
namespace go greeter

struct Greeting {
    1: required string text
    1: i32 volume = "loud"
}
`}
	files, diagnostics := pilota.Compile(pilota.Options{
		Inputs: []string{"greeter.thrift"},
		ReadFile: func(name string) ([]byte, error) {
			text, ok := idl[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		},
	})
	fmt.Println(len(files), "files")
	for _, d := range diagnostics {
		fmt.Print(d.Render(report.Style{}))
	}
	// Output:
	// 0 files
	// error: field id 1 is already used [duplicate-field-id]
	//  --> greeter.thrift:6:5
	//   |
	// 5 |     1: required string text
	//   |     - first used here
	// 6 |     1: i32 volume = "loud"
	//   |     ^
	// error: expected a value of type `i32`, found a string [type-mismatch]
	//  --> greeter.thrift:6:21
	//   |
	// 6 |     1: i32 volume = "loud"
	//   |        --- because of this type
	//   |                     ^^^^^^
}

// The same inputs give the same files, which are formatted and ordered.
func TestCompileIsDeterministic(t *testing.T) {
	root := os.DirFS("testdata/thrift")
	o := pilota.Options{
		Inputs:      []string{"kitchen.thrift", "constants.thrift", "recursive.thrift"},
		IncludeDirs: []string{"search"},
		ReadFile:    func(name string) ([]byte, error) { return fs.ReadFile(root, name) },
		KeepAll:     true,
	}
	o.Go.PackagePrefix = "example.com/gen"
	first, list := pilota.Compile(o)
	if len(first) < 4 || list.HasErrors() {
		t.Fatalf("got %d files with\n%v", len(first), list)
	}
	var paths []string
	for _, f := range first {
		paths = append(paths, f.Path)
		formatted, err := format.Source(f.Content)
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
		} else if !bytes.Equal(formatted, f.Content) {
			t.Errorf("%s is not formatted", f.Path)
		}
	}
	if !slices.IsSorted(paths) {
		t.Errorf("got files in order %q", paths)
	}
	for range 5 {
		again, _ := pilota.Compile(o)
		if len(again) != len(first) {
			t.Fatalf("got %d files, then %d", len(first), len(again))
		}
		for i := range first {
			if first[i].Path != again[i].Path || !bytes.Equal(first[i].Content, again[i].Content) {
				t.Errorf("%s is another each time", first[i].Path)
			}
		}
	}
}

// Check and Compile say the same, but for what only generating can find.
func TestCheck(t *testing.T) {
	root := os.DirFS("testdata/diagnostics/type-mismatch")
	o := pilota.Options{Inputs: []string{"main.thrift"}, ReadFile: func(name string) ([]byte, error) { return fs.ReadFile(root, name) }}
	program, checked := pilota.Check(o)
	files, compiled := pilota.Compile(o)
	if program != nil || files != nil || checked.Error() != compiled.Error() {
		t.Errorf("Check says\n%v\nCompile says\n%v", checked, compiled)
	}
}

func ExampleDescribe() {
	idl := fstest.MapFS{"greeter.thrift": {Data: []byte(`
/** Says hello. */
struct Greeting {
    1: required string text
    2: optional map<string, list<i32>> loudness
}
service Greeter { Greeting greet(1: string name) }
`)}}
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"greeter.thrift"}, ReadFile: idl.ReadFile})
	if files == nil {
		fmt.Println(diagnostics)
		return
	}
	for _, m := range files[0].Service("Greeter").AllMethods() {
		fmt.Println(m.Name, "returns", m.Success().Type)
	}
	for _, f := range files[0].Struct("Greeting").Fields {
		fmt.Println(f.ID, f.Requiredness, f.Type, f.Name)
	}
	// Output:
	// greet returns greeter.Greeting
	// 1 required string text
	// 2 optional map<string, list<i32>> loudness
}
