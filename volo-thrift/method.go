package volothrift

import (
	"context"

	"github.com/volo-go/volo/pilota/thrift"
)

// A Method describes one method of a service. Generated code holds one per
// method; nobody changes it.
type Method struct {
	Service string // as the IDL names it
	Name    string // as the IDL names it
	Oneway  bool   // there is no answer

	// Idempotent says that running the method twice does no harm.
	Idempotent bool

	// New makes the arguments and the result of one call. The result of a
	// oneway method is nil.
	New func() (args thrift.Struct, result Result)

	// Invoke calls the handler with args and stores what it returns in
	// result. args and result come from New; handler is the one that the
	// service was made with.
	Invoke func(ctx context.Context, handler any, args thrift.Struct, result Result) error
}

// A Result is what a method returns on the wire: its value or one of its
// declared exceptions. Generated code implements it, one type per method.
type Result interface {
	thrift.Struct

	// Err returns the declared exception that is set, nil after a success,
	// and an [*thrift.ApplicationException] of type MissingResult if the
	// method returns a value and nothing is set.
	Err() error

	// SetErr stores the first declared exception in err's chain, as
	// [errors.As] finds it. It reports false if there is none.
	SetErr(err error) bool

	// Success returns the value, nil for a void method.
	Success() any

	// SetSuccess stores v, for layers that answer a call themselves. It fails
	// if v is not of the type that the method returns.
	SetSuccess(v any) error
}

// A Service is a handler with the methods that it serves, ready to be
// registered with a [Server]. Generated constructors return it.
type Service struct {
	Name    string // as the IDL names it; what peers send as "isn"
	Handler any
	Methods []*Method // inherited ones included
}
