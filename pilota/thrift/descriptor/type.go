package descriptor

import "github.com/volo-go/volo/pilota/thrift"

// A Kind is what a Type is made of.
type Kind uint8

// The kinds. The type of a void method is nil, so void has no kind.
const (
	Bool Kind = iota + 1
	I8
	I16
	I32
	I64
	Double
	String
	Binary
	UUID
	List
	Set
	Map
	EnumKind // senums, too
	StructKind
	TypedefKind
)

var kindNames = [...]string{
	Bool: "bool", I8: "i8", I16: "i16", I32: "i32", I64: "i64", Double: "double",
	String: "string", Binary: "binary", UUID: "uuid", List: "list", Set: "set", Map: "map",
	EnumKind: "enum", StructKind: "struct", TypedefKind: "typedef",
}

// String returns the word of the IDL.
func (k Kind) String() string {
	if int(k) < len(kindNames) && k > 0 {
		return kindNames[k]
	}
	return "invalid kind"
}

// A Type is the type of a field, an element, a constant or a result.
type Type struct {
	Kind    Kind
	Key     *Type    // of a Map
	Elem    *Type    // of a Map, List or Set
	Enum    *Enum    // of an EnumKind
	Struct  *Struct  // of a StructKind
	Typedef *Typedef // of a TypedefKind

	Annotations Annotations
}

// Underlying follows typedefs until the type is none, and takes a senum for
// the string that it is.
func (t *Type) Underlying() *Type {
	for t != nil && t.Kind == TypedefKind {
		t = t.Typedef.Type
	}
	if t != nil && t.Kind == EnumKind && t.Enum.Strings {
		return text
	}
	return t
}

var text = &Type{Kind: String}

// wireTypes are the wire types of kinds; typedefs have that of what they
// name.
var wireTypes = [...]thrift.Type{
	Bool: thrift.BOOL, I8: thrift.I8, I16: thrift.I16, I32: thrift.I32, I64: thrift.I64, Double: thrift.DOUBLE,
	String: thrift.STRING, Binary: thrift.STRING, UUID: thrift.UUID, List: thrift.LIST, Set: thrift.SET, Map: thrift.MAP,
	EnumKind: thrift.I32, StructKind: thrift.STRUCT, TypedefKind: thrift.STOP,
}

// Wire returns how the type is numbered on the wire.
func (t *Type) Wire() thrift.Type { return wireTypes[t.Underlying().Kind] }

// MinSize returns the least number of bytes that a value takes on the wire.
func (t *Type) MinSize() int {
	switch t.Underlying().Kind {
	case Bool, I8, StructKind:
		return 1
	case I16:
		return 2
	case I64, Double:
		return 8
	case List, Set:
		return 5
	case Map:
		return 6
	case UUID:
		return 16
	}
	return 4
}

// String returns the type as the IDL writes it, names with their files:
// map<string, list<base.Item>>.
func (t *Type) String() string {
	if t == nil {
		return "void"
	}
	switch t.Kind {
	case List, Set:
		return t.Kind.String() + "<" + t.Elem.String() + ">"
	case Map:
		return "map<" + t.Key.String() + ", " + t.Elem.String() + ">"
	case EnumKind:
		return t.Enum.FullName()
	case StructKind:
		return t.Struct.FullName()
	case TypedefKind:
		return t.Typedef.FullName()
	}
	return t.Kind.String()
}
