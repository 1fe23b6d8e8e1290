package gen

// errorMethod makes an exception an error. It shows all fields: which of them
// is the message, the IDL does not say.
func (r *record) errorMethod() {
	r.method("Error returns the fields in readable form.", "Error() string")
	r.P("return %s.Format(p)", r.runtime())
	r.P("}")
}
