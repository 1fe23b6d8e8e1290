// Package lower turns the syntax of IDL files into the program that
// generators read: it finds and parses what is included, follows every name,
// checks what the grammar cannot, coerces constants to their types and drops
// what is not needed.
//
// A file passes through the phases in the order of [Lower]; each phase has a
// file of its own. Phases report and go on, so that one run shows every error.
// What a failed phase leaves behind is nil, and later phases are silent about
// nil. Nothing here panics, whatever the source says.
package lower

import (
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// Options say what to compile.
type Options struct {
	// Inputs are the files asked for. A relative path is relative to where
	// ReadFile looks.
	Inputs []string
	// IncludeDirs are searched, in order, for includes that are not found
	// relative to the file that includes them.
	IncludeDirs []string
	// ReadFile returns the text of a file; its errors satisfy
	// errors.Is(err, fs.ErrNotExist) if there is none. Paths have forward
	// slashes and are clean. Nil reads the files of the system.
	ReadFile func(name string) ([]byte, error)
	// KeepAll keeps what nothing needs. Otherwise a program keeps what the
	// services and constants of the inputs reach; of inputs without services,
	// everything.
	KeepAll bool
	// Touch names what is kept as well: "Name", of any input, or "file.Name".
	Touch []string
	// TouchAt has the places where names of Touch are written, for
	// diagnostics; those without one are nowhere.
	TouchAt map[string]source.Span
}

// Lower compiles the inputs. The program is nil if there are errors in the
// list. The list is sorted.
func Lower(o Options) (*ir.Program, report.List) {
	r := &run{Options: o}
	r.load()        // imports.go: files, includes before the files that include them
	r.declare()     // scope.go: what each file names
	r.resolve()     // resolve.go: types of everything, services extended
	r.typedefs()    // cycle.go: from here on Underlying comes to an end
	r.inheritance() // cycle.go: from here on AllMethods comes to an end
	r.check()       // check.go: ids, names, rules of unions, arguments and throws
	r.constants()   // value.go: constants and default values
	r.rules()       // rules.go: annotations vt.*
	r.recursion()   // cycle.go: which structs are recursive, and which are so without end
	r.prune()       // prune.go
	r.list.Sort()
	if r.list.HasErrors() {
		return nil, r.list
	}
	p := new(ir.Program)
	for _, u := range r.units {
		p.Files = append(p.Files, u.ir)
	}
	return p, r.list
}

// A run is one call of Lower.
type run struct {
	Options
	list   report.List
	units  []*unit // includes before the files that include them
	values map[*ir.Constant]*constant
	total  int // values in all constants and default values

	defaulted map[*ir.Field]bool // fields that have a default value, lowered or not
}

// A unit is one file on its way.
type unit struct {
	tree     *thriftidl.File
	ir       *ir.File
	broken   bool // names may be missing, because of syntax errors
	includes []*unit
	missing  map[string]bool // prefixes of includes that were not found

	types  map[string]*symbol // types and services
	consts map[string]*symbol
	fields []pendingField // with default values, to be lowered when all types are known
}

// pendingField is a field whose default value waits.
type pendingField struct {
	syntax *thriftidl.Field
	field  *ir.Field
}
