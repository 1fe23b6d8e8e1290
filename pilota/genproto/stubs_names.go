package genproto

import (
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
)

// stubNames are the Go names of the services of one package and of their
// methods. A name that is taken gets underscores until it is free; the order
// of the source decides, so that what is added at the end renames nothing.
type stubNames struct {
	services map[*protogen.Service]string
	methods  map[*protogen.Method]string
}

// ofClients are the methods that every client has. A method of a service is
// called otherwise, in the interface of handlers too, which then match.
var ofClients = []string{"With", "Close"}

// nameStubs names the services of all files that p knows of a package: their
// stubs share one.
func nameStubs(p *protogen.Plugin, pkg protogen.GoImportPath) stubNames {
	n := stubNames{map[*protogen.Service]string{}, map[*protogen.Method]string{}}
	declared := map[string]bool{}
	for _, f := range p.Files {
		if f.GoImportPath != pkg {
			continue
		}
		for _, s := range f.Services {
			name := s.GoName
			for taken(declared, declarations(name)) {
				name += "_"
			}
			take(declared, declarations(name))
			n.services[s] = name
			n.nameMethods(s)
		}
	}
	return n
}

func (n *stubNames) nameMethods(s *protogen.Service) {
	methods := map[string]bool{}
	take(methods, ofClients)
	for _, m := range s.Methods {
		name := m.GoName
		for methods[name] {
			name += "_"
		}
		methods[name] = true
		n.methods[m] = name
	}
}

// declarations are all names that a service called so has in its package.
func declarations(service string) []string {
	return []string{
		service, service + "Name", service + "Client", "New" + service + "Client", service + "Over",
		"New" + service + "Service", methodsOf(service),
	}
}

// methodsOf returns the name of the variable with the methods of a service.
func methodsOf(service string) string {
	return strings.ToLower(service[:1]) + service[1:] + "Methods"
}

func taken(names map[string]bool, some []string) bool {
	for _, name := range some {
		if names[name] {
			return true
		}
	}
	return false
}

func take(names map[string]bool, all []string) {
	for _, name := range all {
		names[name] = true
	}
}
