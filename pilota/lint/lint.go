// Package lint finds what an IDL should not have although it compiles: names
// that no generator likes, fields that cannot change any more, imports that
// nobody needs.
//
// [Thrift] and [Proto] take what the front ends return, warnings included, and
// return findings in the order of files and places, each a diagnostic that has
// the name of its rule as the code and says why in its help. [Rules] lists the
// rules, and which of them are on unless [Options] say otherwise.
//
// A comment turns rules off where a finding stands, on its line or in the
// comment lines right above it, or in a whole file; without names, all rules:
//
//	1: required string id // lint:off required-field
//	# lint:file-off enum-zero
package lint

import (
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// A Rule is one thing to find.
type Rule struct {
	Name     string
	Thrift   bool // it is about Thrift
	Protobuf bool // it is about Protobuf
	Off      bool // it is off unless it is turned on
	Why      string
}

// Options turn rules on and off, by name.
type Options struct {
	Enable, Disable []string
}

// Rules returns all rules. Those without a language to be about are the
// compiler's warnings.
func Rules() []Rule { return slices.Clone(rules) }

const (
	warns    = "the compiler warns of it"
	inFuture = "a required field can never be removed: readers of before refuse messages without it"
)

var rules = []Rule{
	{"type-name", true, true, false, "types and services are CamelCase in every generated language"},
	{"field-name", true, true, false, "fields are lower_snake_case (in Thrift, lowerCamelCase too); generators make names of them"},
	{"method-name", false, true, false, "methods are CamelCase"},
	{"enum-value-name", true, true, false, "enum values are UPPER_SNAKE_CASE, to be told from types"},
	{"enum-value-prefix", false, true, false, "values share the scope of their enum: without its name before them, they clash"},
	{"enum-zero-suffix", false, true, false, "the value of a field that nobody set should say so: _UNSPECIFIED"},
	{"enum-zero", true, false, false, "a field that nobody set is 0, which should have a name"},
	{"required-field", true, true, false, inFuture},
	{"field-id-order", true, true, false, "ids that ascend show at a glance which one is free"},
	{"field-id-gap", true, true, true, "a gap is a field that is gone, which should be reserved or told of"},
	{"set-of-structs", true, false, false, "sets of structs and containers become lists in Go, where nothing keeps an element from occurring twice"},
	{"unused-include", true, false, false, "nothing of the file is used"},
	{"unused-import", false, true, false, "nothing of the file is used"},
	{"namespace", true, false, false, "without a namespace the Go package is called like the file, in every project"},
	{"package", false, true, false, "names without a package clash with everybody's"},
	{"package-version", false, true, true, "a package that ends in v1 can have a successor beside it"},
	{"syntax", false, true, false, "a file that does not say it is proto2 is proto2"},
	{"request-name", false, true, true, "a message per method, named after it, can change without the others"},
	{"documented", true, true, true, "types, services and methods without a comment explain nothing"},

	{Name: "nonpositive-field-id", Why: warns}, {Name: "implicit-field-id", Why: warns}, {Name: "required-in-union", Why: warns},
	{Name: "deprecated-syntax", Why: warns}, {Name: "optional-argument", Why: warns}, {Name: "duplicate-exception", Why: warns},
	{Name: "duplicate-namespace", Why: warns}, {Name: "odd-bool", Why: warns}, {Name: "unnamed-enum-number", Why: warns},
	{Name: "misnamed-enum-value", Why: warns}, {Name: "duplicate-enum-number", Why: warns}, {Name: "missing-field", Why: warns},
	{Name: "keyword-as-name", Why: warns}, {Name: "doubtful-proto", Why: warns},
}

// Unknown returns the first name in o that no rule has, and the rule that was
// perhaps meant; empty if there is none.
func (o Options) Unknown() (name, meant string) {
	var known []string
	for _, r := range rules {
		known = append(known, r.Name)
	}
	for _, n := range slices.Concat(o.Enable, o.Disable) {
		if !slices.Contains(known, n) {
			return n, report.Nearest(n, known)
		}
	}
	return "", ""
}

// A linter collects findings.
type linter struct {
	Options
	list report.List
}

// add notes a finding, if its rule is on there.
func (l *linter) add(rule string, span source.Span, format string, args ...any) *report.Diagnostic {
	var found report.List
	d := found.Warnf(rule, span, format, args...)
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == rule })
	on := i < 0 || !rules[i].Off
	on = (on || slices.Contains(l.Enable, rule)) && !slices.Contains(l.Disable, rule)
	if on && !silenced(rule, span) {
		l.list = append(l.list, d)
		if i >= 0 && rules[i].Why != warns {
			d.Hint("%s", rules[i].Why)
		}
	}
	return d
}

// warnings adds those of the compiler.
func (l *linter) warnings(list report.List) {
	for _, w := range list {
		if w.Severity != report.Warning {
			continue
		}
		code := w.Code
		if code == "doubtful-proto" && strings.HasPrefix(w.Message, "import ") && strings.HasSuffix(w.Message, " not used") {
			code = "unused-import"
		}
		d := l.add(code, w.Primary.Span, "%s", w.Message)
		d.Primary.Text, d.Related = w.Primary.Text, w.Related
		d.Help = append(slices.Clone(w.Help), d.Help...)
	}
}

// sorted returns the findings.
func (l *linter) sorted() report.List {
	l.list.Sort()
	return l.list
}

// silenced reports whether a comment turns a rule off at a place.
func silenced(rule string, span source.Span) bool {
	if span.File == nil {
		return false
	}
	at := span.Pos().Line
	if says(span.File.Line(at), "lint:off", rule) {
		return true
	}
	for n := at - 1; n > 0 && comment(span.File.Line(n)); n-- {
		if says(span.File.Line(n), "lint:off", rule) {
			return true
		}
	}
	for line := range strings.SplitSeq(span.File.Text, "\n") {
		if says(line, "lint:file-off", rule) {
			return true
		}
	}
	return false
}

// comment reports whether a line looks like a comment.
func comment(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "//") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "*") || strings.HasPrefix(line, "/*")
}

// says reports whether a comment on a line has the word, and after it no
// names or that of the rule.
func says(line, word, rule string) bool {
	before, after, ok := strings.Cut(line, word)
	if !ok || !strings.Contains(before, "//") && !strings.Contains(before, "#") && !strings.Contains(before, "*") {
		return false
	}
	names := strings.FieldsFunc(strings.TrimSuffix(strings.TrimSpace(after), "*/"), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\r' })
	return len(names) == 0 || slices.Contains(names, rule)
}
