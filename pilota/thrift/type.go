package thrift

import "strconv"

// A Type is a wire type of the Thrift binary protocol.
type Type byte

// The wire types, as the Thrift binary protocol specification numbers them.
const (
	STOP   Type = 0
	BOOL   Type = 2
	I8     Type = 3
	DOUBLE Type = 4
	I16    Type = 6
	I32    Type = 8
	I64    Type = 10
	STRING Type = 11 // also binary
	STRUCT Type = 12 // also unions and exceptions
	MAP    Type = 13
	SET    Type = 14
	LIST   Type = 15
	UUID   Type = 16
)

var typeNames = [...]string{
	STOP: "stop", BOOL: "bool", I8: "i8", DOUBLE: "double", I16: "i16", I32: "i32", I64: "i64",
	STRING: "string", STRUCT: "struct", MAP: "map", SET: "set", LIST: "list", UUID: "uuid",
}

// String returns the name that the IDL uses.
func (t Type) String() string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return "type " + strconv.Itoa(int(t))
}
