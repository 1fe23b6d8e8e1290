package gen

// A union is a struct whose fields are all optional; what is special is that
// exactly one must be set, on the way out and on the way in. Both directions
// count in a variable named set.

// countMember adds one to the members that were seen.
func (r *record) countMember() { r.P("set++") }

// checkUnion writes the verdict. failure is the expression of the error.
func (r *record) checkUnion(failure string) {
	r.P("if set != 1 {")
	r.P("return b, %s.InStruct(%s, %s)", r.runtime(), failure, r.idl())
	r.P("}")
}
