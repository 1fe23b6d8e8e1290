package volothrift

import (
	"bytes"
	"fmt"

	"github.com/volo-go/volo/pilota/thrift"
)

// A route is one method with the handler that serves it.
type route struct {
	method  *Method
	handler any
	service string
	alone   bool // no other service has a method of the name
}

// answers reports whether r is for certain what find returns.
func (r *route) answers(service, method []byte) bool {
	return string(method) == r.method.Name &&
		(string(service) == r.service || len(service) == 0 && r.alone)
}

// A router finds the route of a call. It is built before the server serves
// and never changed afterwards.
type router struct {
	services map[string]map[string]*route // by service, then method
	methods  map[string]*route            // by method; nil if several services have it
}

func (r *router) register(s *Service) error {
	if r.services == nil {
		r.services = make(map[string]map[string]*route)
		r.methods = make(map[string]*route)
	}
	if _, ok := r.services[s.Name]; ok {
		return fmt.Errorf("volothrift: service %s is registered twice", s.Name)
	}
	routes := make(map[string]*route, len(s.Methods))
	for _, m := range s.Methods {
		found := &route{method: m, handler: s.Handler, service: s.Name, alone: true}
		routes[m.Name] = found
		if other, taken := r.methods[m.Name]; taken {
			if other != nil {
				other.alone = false
			}
			found.alone, found = false, nil
		}
		r.methods[m.Name] = found
	}
	r.services[s.Name] = routes
	return nil
}

// find returns the route for a method of a service, which is nil if the peer
// did not name one. The method may bear its service as Apache's multiplexed
// protocol has it: "Service:method".
//
// A service that is not here does not matter as long as one method only has
// the name: peers name services after their own IDL.
func (r *router) find(service, method []byte) (*route, *thrift.ApplicationException) {
	if len(service) == 0 {
		if before, after, ok := bytes.Cut(method, []byte(":")); ok {
			service, method = before, after
		}
	}
	if routes, ok := r.services[string(service)]; ok {
		if found, ok := routes[string(method)]; ok {
			return found, nil
		}
		return nil, unknownMethod("service %s has no method %q", service, method)
	}
	found, ok := r.methods[string(method)]
	switch {
	case found != nil:
		return found, nil
	case ok && len(service) == 0:
		return nil, unknownMethod("several services have a method %q; the header %q must name one", method, "isn")
	case ok:
		return nil, unknownMethod("there is no service %s, and several have a method %q", service, method)
	case len(service) > 0:
		return nil, unknownMethod("there is no service %s and no method %q", service, method)
	}
	return nil, unknownMethod("no service has a method %q", method)
}

func unknownMethod(format string, args ...any) *thrift.ApplicationException {
	return &thrift.ApplicationException{Type: thrift.UnknownMethod, Message: fmt.Sprintf(format, args...)}
}
