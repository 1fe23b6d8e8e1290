package invoke

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/report"
)

// A Service is what a server offers under one name.
type Service struct {
	Name    string    `json:"name"`
	Doc     string    `json:"doc,omitempty"`
	Methods []*Method `json:"methods"`
}

// A Method is one method of a service.
type Method struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Doc     string `json:"doc,omitempty"`
	// ClientStreams and ServerStreams say who sends any number of messages.
	ClientStreams bool   `json:"client_streams,omitempty"`
	ServerStreams bool   `json:"server_streams,omitempty"`
	Oneway        bool   `json:"oneway,omitempty"` // there is no answer
	Signature     string `json:"signature"`        // as the IDL writes it

	raw any // the descriptor of its protocol
}

// FullName returns "Service/Method".
func (m *Method) FullName() string { return m.Service + "/" + m.Name }

// A Description is what there is to know of a service, a method or a type.
type Description struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // service, method, or the word of the IDL for the type
	Text string `json:"text"` // as the IDL writes it
	// Template is JSON with every field, that may be sent as it is: what a
	// method takes, or a value of a type. Of the members of a union or a oneof
	// it has the first. It is nil for services.
	Template json.RawMessage `json:"template,omitempty"`
}

// A schema knows the services of a server and their types.
type schema interface {
	// services returns the full names of the services.
	services(ctx context.Context) ([]string, error)
	// service returns the service with a full name; the error is [errUnknown]
	// if there is none.
	service(ctx context.Context, name string) (*Service, error)
	// describe returns what is known of a type.
	describe(ctx context.Context, name string) (*Description, error)
	// method furnishes a description of a method.
	method(m *Method) *Description
	// outline returns what is known of a method, and adds the types that it
	// needs to o and what is known of its service to s.
	outline(o *Outline, s *ServiceOutline, m *Method) *MethodOutline
	// declared adds all other types to o.
	declared(o *Outline)
}

var errUnknown = fmt.Errorf("not found")

// Services returns the names of all services, in the order of the IDL or of the
// server.
func (p *Peer) Services(ctx context.Context) ([]string, error) { return p.schema.services(ctx) }

// Service returns the service of a name: its full name, or the end of it if
// only one service has that.
func (p *Peer) Service(ctx context.Context, name string) (*Service, error) {
	names, err := p.schema.services(ctx)
	if err != nil {
		return nil, err
	}
	if slices.Contains(names, name) {
		return p.schema.service(ctx, name)
	}
	var fits []string
	for _, full := range names {
		if strings.HasSuffix(full, "."+name) {
			fits = append(fits, full)
		}
	}
	switch len(fits) {
	case 1:
		return p.schema.service(ctx, fits[0])
	case 0:
		if s, err := p.schema.service(ctx, name); err == nil {
			return s, nil // reflection may know more than it lists
		}
		return nil, unknown("service", name, names)
	}
	return nil, fmt.Errorf("service %q may be any of %s", name, strings.Join(fits, ", "))
}

// Method returns the method that name stands for: "Service/Method",
// "Service.Method", or "Method" if only one service has one of that name.
func (p *Peer) Method(ctx context.Context, name string) (*Method, error) {
	name = strings.TrimPrefix(name, "/")
	service, method, ok := strings.Cut(name, "/")
	if !ok {
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			service, method, ok = name[:i], name[i+1:], true
		}
	}
	if !ok {
		return p.onlyMethod(ctx, name)
	}
	s, err := p.Service(ctx, service)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range s.Methods {
		if m.Name == method {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return nil, unknown("method of "+s.Name, method, names)
}

// onlyMethod looks for a method in all services.
func (p *Peer) onlyMethod(ctx context.Context, name string) (*Method, error) {
	services, err := p.schema.services(ctx)
	if err != nil {
		return nil, err
	}
	var fits []*Method
	var names, full []string
	for _, service := range services {
		s, err := p.schema.service(ctx, service)
		if err != nil {
			continue // a server may list what it cannot describe
		}
		for _, m := range s.Methods {
			names = append(names, m.Name)
			if m.Name == name {
				fits, full = append(fits, m), append(full, m.FullName())
			}
		}
	}
	switch len(fits) {
	case 0:
		return nil, unknown("method", name, names)
	case 1:
		return fits[0], nil
	}
	return nil, fmt.Errorf("method %q may be any of %s", name, strings.Join(full, ", "))
}

// Describe returns what is known of a service, a method or a type.
func (p *Peer) Describe(ctx context.Context, name string) (*Description, error) {
	if !strings.Contains(name, "/") {
		d, err := p.schema.describe(ctx, name)
		if err == nil {
			return d, nil
		}
		if s, err := p.Service(ctx, name); err == nil {
			return describeService(s), nil
		}
	}
	m, err := p.Method(ctx, name)
	if err == nil {
		return p.schema.method(m), nil
	}
	if strings.Contains(name, "/") {
		return nil, err
	}
	services, _ := p.schema.services(ctx)
	return nil, unknown("service, method or type", name, services)
}

func describeService(s *Service) *Description {
	var b strings.Builder
	comment(&b, "", s.Doc)
	fmt.Fprintf(&b, "service %s {\n", s.Name)
	for _, m := range s.Methods {
		comment(&b, "  ", m.Doc)
		fmt.Fprintf(&b, "  %s\n", m.Signature)
	}
	b.WriteString("}\n")
	return &Description{Name: s.Name, Kind: "service", Text: b.String()}
}

// comment writes a text as comments.
func comment(b *strings.Builder, indent, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(b, "%s// %s\n", indent, strings.TrimSpace(line))
	}
}

// An UnknownError says that the schema has no such thing.
type UnknownError struct {
	What, Name, Near string
}

// Error names the nearest thing that there is.
func (e *UnknownError) Error() string {
	if e.Near == "" {
		return fmt.Sprintf("there is no %s %q; `list` shows what there is", e.What, e.Name)
	}
	return fmt.Sprintf("there is no %s %q; did you mean %q?", e.What, e.Name, e.Near)
}

func unknown(what, name string, names []string) error {
	return &UnknownError{what, name, report.Nearest(name, names)}
}
