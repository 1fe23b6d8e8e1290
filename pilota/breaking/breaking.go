// Package breaking tells what a change of an IDL breaks: on the wire, in
// JSON, or in the source of programs that use the generated code.
//
// [Thrift] and [Proto] compare two states of the same files, each compiled,
// and return a [Finding] for each difference that breaks something, in the
// order of the new files. What is only new, and what nobody can notice, is no
// finding. Declarations are found again by name, fields by number.
//
// # Rules
//
// The names of the rules are those of the findings' diagnostics; [Rules] lists
// them with what they protect. Compared with buf's rules for Protobuf:
//
//	field-removed-without-reservation   FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED (and its like for enums)
//	field-removed-name-free             FIELD_NO_DELETE_UNLESS_NAME_RESERVED
//	field-removed                       FIELD_NO_DELETE
//	field-number-changed                no rule of its own: a removal and an addition
//	field-type-changed                  FIELD_WIRE_COMPATIBLE_TYPE, FIELD_WIRE_COMPATIBLE_CARDINALITY
//	field-json-type-changed             FIELD_WIRE_JSON_COMPATIBLE_TYPE, …_CARDINALITY
//	field-source-type-changed           FIELD_SAME_TYPE, FIELD_SAME_CARDINALITY
//	field-json-name-changed             FIELD_SAME_JSON_NAME
//	field-renamed                       FIELD_SAME_NAME
//	string-check-changed                FIELD_SAME_UTF8_VALIDATION
//	field-oneof-changed                 FIELD_SAME_ONEOF
//	default-changed                     FIELD_SAME_DEFAULT
//	enum-value-…                        ENUM_VALUE_NO_DELETE…, ENUM_VALUE_SAME_NAME
//	method-…                            RPC_NO_DELETE, RPC_SAME_…
//	enum-openness-changed               ENUM_SAME_TYPE
//	extension-removed                   EXTENSION_NO_DELETE
//	extension-range-removed             EXTENSION_MESSAGE_NO_DELETE
//	reservation-removed                 RESERVED_…_NO_DELETE
//	package-changed                     FILE_SAME_PACKAGE
//	type-moved, type-removed            MESSAGE_NO_DELETE, ENUM_NO_DELETE
//	file-removed                        FILE_NO_DELETE
//
// What editions say by features counts as what it means: presence, required
// fields, open enums, delimited messages, UTF-8. buf's rules about options of
// languages other than Go have no counterpart here, nor the one about
// json_format: Go reads and writes JSON whatever it says.
package breaking

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// A Category says what a rule protects. What breaks the wire breaks JSON and
// source as well, what breaks JSON breaks source.
type Category string

// The categories.
const (
	Wire     Category = "WIRE"      // programs of before and after misunderstand each other
	WireJSON Category = "WIRE_JSON" // they do if they talk JSON
	Source   Category = "SOURCE"    // programs do not compile, or compile to something else
)

// Includes reports whether findings of category d concern who cares for c.
func (c Category) Includes(d Category) bool {
	order := []Category{Wire, WireJSON, Source}
	return slices.Index(order, d) <= slices.Index(order, c)
}

// A Rule is one way to break something.
type Rule struct {
	Name     string
	Category Category
	Why      string
}

// A Finding is a place where a rule is broken.
type Finding struct {
	Rule       *Rule
	Diagnostic *report.Diagnostic // about the new file, if it is there; the old place is related
}

// Rules are all rules, by name.
func Rules() []Rule {
	list := slices.Clone(rules)
	slices.SortFunc(list, func(a, b Rule) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

var rules = []Rule{
	{"required-field-added", Wire, "messages of before lack the field, and readers refuse them"},
	{"required-field-removed", Wire, "readers of before refuse messages without the field"},
	{"required-changed", Wire, "one side insists on a field that the other may leave out"},
	{"field-removed-without-reservation", Wire, "another field may get the number, and old messages are misread"},
	{"field-removed-name-free", WireJSON, "another field may get the name, and old JSON is misread"},
	{"field-removed", Source, "programs that use the field do not compile"},
	{"union-member-removed", Wire, "readers of before may wait for it, those of after do not know it"},
	{"field-number-changed", Wire, "the field is another one on the wire"},
	{"field-type-changed", Wire, "one side cannot read what the other writes"},
	{"field-json-type-changed", WireJSON, "the value looks different in JSON"},
	{"field-source-type-changed", Source, "the field has another type in programs"},
	{"string-check-changed", Wire, "one side refuses strings that the other sends"},
	{"field-json-name-changed", WireJSON, "JSON of before has the other name"},
	{"field-renamed", Source, "programs that use the field do not compile"},
	{"field-oneof-changed", Wire, "setting one member clears the others, on one side only"},
	{"default-changed", Wire, "a field that is not sent means one value here and another there"},
	{"enum-value-removed-without-reservation", Wire, "others still send the number, and another value may get it"},
	{"enum-value-removed-name-free", WireJSON, "another value may get the name, and old JSON is misread"},
	{"enum-value-removed", Source, "programs that use the value do not compile"},
	{"enum-value-renumbered", Wire, "each side reads another value than was written"},
	{"enum-value-renamed", WireJSON, "JSON of before has the other name"},
	{"enum-openness-changed", Wire, "numbers without a name are values of an open enum, and unknown fields of a closed one"},
	{"extension-removed", Source, "programs that use the extension do not compile, and others do not read it"},
	{"extension-range-removed", Source, "extensions of before with these numbers do not compile"},
	{"reservation-removed", Wire, "numbers and names that were in use once become free again"},
	{"service-removed", Wire, "calls of clients fail"},
	{"method-removed", Wire, "calls of clients fail"},
	{"method-type-changed", Wire, "one side cannot read what the other writes"},
	{"method-streaming-changed", Wire, "one side sends a stream where the other waits for a message"},
	{"method-oneway-changed", Wire, "one side waits for an answer that the other does not send"},
	{"method-idempotency-changed", Wire, "clients of before may repeat calls that must not be"},
	{"exception-added", Wire, "clients of before get neither a result nor an exception that they know"},
	{"exception-removed", Wire, "servers of before throw what clients of after do not know"},
	{"service-parent-changed", Source, "programs that use the service as its parent do not compile"},
	{"type-kind-changed", Source, "the type is something else in programs"},
	{"type-removed", Source, "programs that use the type do not compile"},
	{"type-moved", Source, "the type is in another package of generated code, or in another file of it"},
	{"constant-changed", Source, "programs of before have the other value compiled in"},
	{"constant-removed", Source, "programs that use the constant do not compile"},
	{"package-changed", Wire, "paths of methods and names of types in messages change with the package"},
	{"namespace-changed", Source, "programs import the generated code by another path"},
	{"file-removed", Source, "files that import it do not compile"},
}

// A comparison collects findings.
type comparison struct {
	against string // what the old state is called
	old     map[*source.File]*source.File
	found   []Finding
}

func newComparison(against string) *comparison {
	return &comparison{against: against, old: map[*source.File]*source.File{}}
}

// add notes a finding at a place of the new state, which is that of the old if
// there is none.
func (c *comparison) add(name string, now, before source.Span, format string, args ...any) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == name })
	d := &report.Diagnostic{Code: name, Message: fmt.Sprintf(format, args...)}
	rule := &rules[i]
	d.Hint("%s: %s", rule.Category, rule.Why)
	if before.File != nil {
		before.File = c.renamed(before.File)
	}
	switch {
	case now.IsZero():
		d.Primary.Span = before
	case before.IsZero() || before.Start == before.End:
		d.Primary.Span = now
	default:
		d.Primary.Span = now
		d.Relate(before, "before")
	}
	c.found = append(c.found, Finding{rule, d})
}

// renamed returns an old file under a name that tells it from the new one.
func (c *comparison) renamed(f *source.File) *source.File {
	if c.old[f] == nil {
		c.old[f] = source.NewFile(f.Name+"@"+c.against, f.Text)
	}
	return c.old[f]
}

// sorted returns the findings in the order of files and places.
func (c *comparison) sorted() []Finding {
	slices.SortStableFunc(c.found, func(a, b Finding) int {
		s, t := a.Diagnostic.Primary.Span, b.Diagnostic.Primary.Span
		if s.File == nil || t.File == nil {
			return 0
		}
		return cmp.Or(cmp.Compare(s.File.Name, t.File.Name), s.Start-t.Start)
	})
	return c.found
}
