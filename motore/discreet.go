package motore

// Discreet is what a [Service] says of itself that leaves nothing of a call
// behind: once Call has returned, whether it has failed or not, neither the
// service nor anything that it calls on the way, functions of users included,
// holds the request, its context, or what they point to.
//
// A framework that lets layers keep requests makes a new one for each call,
// unless its whole stack is discreet: then the memory of a request serves
// another call, and who has kept it would see that one. So a layer's service is
// discreet only if the one that it wraps is; one that says nothing is not.
type Discreet interface {
	// Discreet is asked once the service is built, and always says the same.
	Discreet() bool
}

// IsDiscreet reports whether v, a service or part of one, says that it is
// [Discreet].
func IsDiscreet(v any) bool {
	d, ok := v.(Discreet)
	return ok && d.Discreet()
}
