package generic

import (
	"context"
	"fmt"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A JSONHandler handles all methods of a service: args is an object with one
// member per argument, or a bare one, and what it returns is the JSON of the
// value; it does not matter if the method returns nothing. It must be safe for
// concurrent use. An [*Exception] in the error's chain that the method declares
// is sent as such.
type JSONHandler func(ctx context.Context, method string, args []byte) ([]byte, error)

// NewJSONService returns a described service that h handles, to be registered
// with a server.
func NewJSONService(s *descriptor.Service, h JSONHandler, o Options) *volothrift.Service {
	return service(s.Name, h, of(s, func(ctx context.Context, m *method, args *dynamic.Struct, r *result) error {
		t, wire, err := m.given(args, &o)
		if err != nil {
			return err
		}
		in, err := dynamic.ToJSON(nil, t, wire, o.Values)
		if err != nil {
			return malformed(err)
		}
		out, err := h(ctx, m.Name, in)
		if err != nil || r == nil || m.desc.Success() == nil {
			return err
		}
		f := m.desc.Success()
		wire, err = dynamic.FromJSON(nil, f.Type, out, o.Values)
		return r.answer(f, wire, err)
	}))
}

// A MapHandler is a [JSONHandler] with trees: args holds one value per
// argument, or the fields of a bare struct.
type MapHandler func(ctx context.Context, method string, args map[string]any) (any, error)

// NewMapService returns a described service that h handles, to be registered
// with a server.
func NewMapService(s *descriptor.Service, h MapHandler, o Options) *volothrift.Service {
	return service(s.Name, h, of(s, func(ctx context.Context, m *method, args *dynamic.Struct, r *result) error {
		t, wire, err := m.given(args, &o)
		if err != nil {
			return err
		}
		tree, err := dynamic.ToValue(t, wire, o.Values)
		if err != nil {
			return malformed(err)
		}
		in, isStruct := tree.(map[string]any)
		if !isStruct { // a bare scalar or container keeps its name
			in = map[string]any{m.desc.Arguments.Fields[0].Name: tree}
		}
		out, err := h(ctx, m.Name, in)
		if err != nil || r == nil || m.desc.Success() == nil {
			return err
		}
		f := m.desc.Success()
		wire, err = dynamic.FromValue(nil, f.Type, out, o.Values)
		return r.answer(f, wire, err)
	}))
}

// A BinaryHandler handles all methods of a service: args is the encoded struct
// of the arguments, and what it returns is that of the result, which may hold
// a declared exception. Nil is a result without fields.
type BinaryHandler func(ctx context.Context, method string, args []byte) ([]byte, error)

// NewBinaryService returns a service of which no more is known than the
// methods' names, to be registered with a server.
func NewBinaryService(name string, methods []Method, h BinaryHandler) *volothrift.Service {
	var list []*method
	for _, m := range methods {
		list = append(list, newMethod(name, m, nil, func(ctx context.Context, m *method, args *dynamic.Struct, r *result) error {
			out, err := h(ctx, m.Name, args.Wire)
			if err != nil || r == nil {
				return err
			}
			if out != nil {
				rest, err := thrift.Skip(out, thrift.STRUCT, thrift.DefaultMaxDepth)
				if err != nil || len(rest) > 0 {
					return fmt.Errorf("generic: what the handler of %s returned is not one encoded struct", m.Name)
				}
			}
			r.Wire = out
			return nil
		}))
	}
	return service(name, h, list)
}

func service(name string, handler any, methods []*method) *volothrift.Service {
	s := &volothrift.Service{Name: name, Handler: handler}
	for _, m := range methods {
		s.Methods = append(s.Methods, &m.Method)
	}
	return s
}

// given returns what the handler is given of the arguments.
func (m *method) given(args *dynamic.Struct, o *Options) (*descriptor.Type, []byte, error) {
	f := m.argument(o)
	if f == nil {
		wire, err := args.AppendBinary(nil)
		return m.desc.Arguments.Type(), wire, err
	}
	wire, t, ok := args.Field(f.ID)
	if !ok || t != f.Type.Wire() {
		return nil, nil, malformed(fmt.Errorf("argument %s is missing", f.Name))
	}
	return f.Type, wire, nil
}

// malformed is the answer to arguments that do not suit the IDL.
func malformed(err error) error {
	return &thrift.ApplicationException{Type: thrift.ProtocolError, Message: err.Error()}
}

// answer stores the encoding of what a handler returned.
func (r *result) answer(f *descriptor.Field, wire []byte, err error) error {
	if err != nil {
		return fmt.Errorf("generic: what the handler of %s returned does not suit the IDL: %w", r.method.Name, err)
	}
	r.Wire = wrap(f, wire)
	return nil
}
