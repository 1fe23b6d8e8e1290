package vologrpc

import (
	"fmt"
	"strings"
)

// A route is one method with the handler that serves it.
type route struct {
	method  *Method
	handler any
}

// A router finds the route of a call by its path, "/package.Service/Method".
// It is built before the server serves and never changed afterwards.
type router struct {
	routes   map[string]*route
	services map[string]*Service
}

func (r *router) register(s *Service) error {
	if r.services == nil {
		r.services = make(map[string]*Service)
		r.routes = make(map[string]*route)
	}
	if _, ok := r.services[s.Name]; ok {
		return fmt.Errorf("vologrpc: service %s is registered twice", s.Name)
	}
	r.services[s.Name] = s
	for _, m := range s.Methods {
		r.routes["/"+s.Name+"/"+m.Name] = &route{method: m, handler: s.Handler}
	}
	return nil
}

// split takes a path apart; ok is false if it is none of gRPC.
func split(path string) (service, method string, ok bool) {
	path, rooted := strings.CutPrefix(path, "/")
	i := strings.LastIndexByte(path, '/')
	if !rooted || i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// unknown says what is not there.
func (r *router) unknown(path string) *Error {
	service, method, ok := split(path)
	switch {
	case !ok:
		return &Error{Code: Unimplemented, Message: fmt.Sprintf("malformed path %q", path)}
	case r.services[service] == nil:
		return &Error{Code: Unimplemented, Message: "unknown service " + service}
	}
	return &Error{Code: Unimplemented, Message: "service " + service + " has no method " + method}
}
