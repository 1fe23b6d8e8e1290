package generic

import (
	"context"
	"errors"
	"fmt"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Options say what arguments and results look like.
type Options struct {
	// Values are how messages become JSON and trees, and back.
	Values dynamic.Options
	// Bare has a method with one argument take that argument itself, without an
	// object around it that names it.
	Bare bool
}

// A Method is what has to be known of a method whose messages nobody looks
// into.
type Method struct {
	Name       string
	Oneway     bool
	Idempotent bool
}

// Methods returns what binary calls need of a service.
func Methods(s *descriptor.Service) []Method {
	var list []Method
	for _, m := range s.AllMethods() {
		list = append(list, Method{m.Name, m.Oneway, m.Idempotent()})
	}
	return list
}

// ErrNoMethod is why a call goes nowhere.
var ErrNoMethod = errors.New("no such method")

// A method is one method of a service, as both ends need it.
type method struct {
	volothrift.Method
	desc *descriptor.Method // nil for binary
}

// An invoke runs a handler, on servers.
type invoke func(ctx context.Context, m *method, args *dynamic.Struct, r *result) error

func newMethod(service string, m Method, desc *descriptor.Method, run invoke) *method {
	made := &method{desc: desc}
	made.Method = volothrift.Method{
		Service:    service,
		Name:       m.Name,
		Oneway:     m.Oneway,
		Idempotent: m.Idempotent,
		New: func() (thrift.Struct, volothrift.Result) {
			args := made.args()
			if m.Oneway {
				return args, nil
			}
			return args, made.result()
		},
		Invoke: func(ctx context.Context, _ any, args thrift.Struct, r volothrift.Result) error {
			answer, _ := r.(*result)
			return run(ctx, made, args.(*dynamic.Struct), answer)
		},
	}
	return made
}

func (m *method) args() *dynamic.Struct {
	if m.desc == nil {
		return new(dynamic.Struct)
	}
	return &dynamic.Struct{Type: m.desc.Arguments}
}

func (m *method) result() *result {
	r := &result{method: m}
	if m.desc != nil {
		r.Type = m.desc.Result
	}
	return r
}

// of returns the methods of a described service, inherited ones included.
func of(s *descriptor.Service, run invoke) []*method {
	var list []*method
	for _, m := range s.AllMethods() {
		list = append(list, newMethod(s.Name, Method{m.Name, m.Oneway, m.Idempotent()}, m, run))
	}
	return list
}

// argument returns the type of what the caller gives: the only argument with
// Bare, else all of them.
func (m *method) argument(o *Options) *descriptor.Field {
	if fields := m.desc.Arguments.Fields; o.Bare && len(fields) == 1 {
		return fields[0]
	}
	return nil
}

// wrap makes the arguments of the encoding of a bare one.
func wrap(f *descriptor.Field, value []byte) []byte {
	b := append(make([]byte, 0, len(value)+4), byte(f.Type.Wire()), byte(uint16(f.ID)>>8), byte(f.ID))
	b = append(b, value...)
	return append(b, byte(thrift.STOP))
}

// An Exception is a declared exception of a method: what it holds, JSON and
// Map tell. Clients receive it; handlers return it.
type Exception struct{ dynamic.Struct }

// NewException returns the exception of a type that JSON stands for.
func NewException(t *descriptor.Struct, text []byte, o dynamic.Options) (*Exception, error) {
	s, err := dynamic.NewStruct(t, text, o)
	if err != nil {
		return nil, err
	}
	return &Exception{*s}, nil
}

// Error returns the name and the fields.
func (e *Exception) Error() string { return e.String() }

// A Value is what a method returns, as layers see it: they get it from the
// Success of a result and may give it, or a tree, to SetSuccess.
type Value struct {
	Type *descriptor.Type // nil for binary: Wire is the whole result then
	Wire []byte
}

// JSON returns the value as JSON.
func (v Value) JSON(o dynamic.Options) ([]byte, error) {
	if v.Type == nil {
		return nil, errors.New("generic: the value has no descriptor")
	}
	return dynamic.ToJSON(nil, v.Type, v.Wire, o)
}

// Tree returns the value as a tree.
func (v Value) Tree(o dynamic.Options) (any, error) {
	if v.Type == nil {
		return nil, errors.New("generic: the value has no descriptor")
	}
	return dynamic.ToValue(v.Type, v.Wire, o)
}

// A result is the answer to a call in wire form.
type result struct {
	dynamic.Struct
	method *method
}

// Err implements [volothrift.Result].
func (r *result) Err() error {
	if r.method.desc == nil {
		return nil // whoever handles bytes looks for himself
	}
	for _, f := range r.method.desc.Throws() {
		if wire, t, ok := r.Field(f.ID); ok && t == thrift.STRUCT {
			return &Exception{dynamic.Struct{Type: f.Type.Underlying().Struct, Wire: wire}}
		}
	}
	if f := r.method.desc.Success(); f != nil {
		if _, t, ok := r.Field(0); !ok || t != f.Type.Wire() {
			return &thrift.ApplicationException{Type: thrift.MissingResult, Message: r.method.Name + " returned nothing"}
		}
	}
	return nil
}

// SetErr implements [volothrift.Result]. Exceptions are the same if they have
// the same name in files of the same name, whoever has read them.
func (r *result) SetErr(err error) bool {
	var e *Exception
	if r.method.desc == nil || !errors.As(err, &e) || e.Type == nil {
		return false
	}
	for _, f := range r.method.desc.Throws() {
		if f.Type.Underlying().Struct.FullName() == e.Type.FullName() {
			wire, _ := e.AppendBinary(nil)
			r.Wire = wrap(f, wire)
			return true
		}
	}
	return false
}

// Success implements [volothrift.Result]. It is a [Value].
func (r *result) Success() any {
	if r.method.desc == nil {
		return Value{Wire: r.Wire}
	}
	if f := r.method.desc.Success(); f != nil {
		if wire, t, ok := r.Field(0); ok && t == f.Type.Wire() {
			return Value{f.Type, wire}
		}
	}
	return nil
}

// SetSuccess implements [volothrift.Result].
func (r *result) SetSuccess(v any) error {
	given, isValue := v.(Value)
	switch {
	case r.method.desc == nil && isValue:
		r.Wire = given.Wire
		return nil
	case r.method.desc == nil:
		return fmt.Errorf("generic: %s returns bytes, not %T", r.method.Name, v)
	}
	f := r.method.desc.Success()
	switch {
	case f == nil && v == nil:
		r.Wire = nil
		return nil
	case f == nil:
		return fmt.Errorf("generic: %s returns nothing, not %T", r.method.Name, v)
	case isValue && given.Type != nil && given.Type.String() == f.Type.String():
		r.Wire = wrap(f, given.Wire)
		return nil
	}
	wire, err := dynamic.FromValue(nil, f.Type, v, dynamic.Options{})
	if err != nil {
		return fmt.Errorf("generic: %s returns %s: %w", r.method.Name, f.Type, err)
	}
	r.Wire = wrap(f, wire)
	return nil
}
