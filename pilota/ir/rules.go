package ir

import "github.com/volo-go/volo/pilota/source"

// Rules are what the annotations vt.* demand of a value. Nil demands nothing.
type Rules struct {
	List []*Rule
	Elem *Rules // of the elements of a list or set, or the values of a map
	Key  *Rules // of the keys of a map
	Skip bool   // the rules within the struct do not count here
}

// Values calls f for every value that the rules compare with.
func (r *Rules) Values(f func(*Value)) {
	if r == nil {
		return
	}
	for _, rule := range r.List {
		for _, v := range rule.Values {
			f(v)
		}
	}
	r.Elem.Values(f)
	r.Key.Values(f)
}

// A Rule is one condition on a value, named as the annotation is, without vt.
type Rule struct {
	Name string
	Text string // the annotation's value, or several of them with commas
	Span source.Span

	Values []*Value // what to compare with: several for in and not_in, else one
	Size   int      // of min_size and max_size
	// Field is another field of the same struct to compare with, in place of
	// Values and Size; Len says that its length counts.
	Field *Field
	Len   bool
}

// An Assertion is an annotation vt.assert of a struct: a condition on several
// of its fields.
type Assertion struct {
	Text string
	Span source.Span
	Expr *Expr // of type BoolValue
}

// An Expr is a literal, a field or a function of other expressions. Integers
// and enums count as IntValue, strings and binaries as StringValue.
type Expr struct {
	Type ValueKind

	Func  string // "len", "add", "mod" or "equal"; "" for the others
	Args  []*Expr
	Field *Field // nil for a literal

	Bool   bool
	Int    int64
	Double float64
	String string
}
