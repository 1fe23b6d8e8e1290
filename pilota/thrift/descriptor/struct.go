package descriptor

import "sync"

// A Class tells apart what is written like a struct.
type Class uint8

// The classes.
const (
	Plain Class = iota
	Union
	Exception
	Arguments // of a method
	Result    // of a method
)

var classNames = [...]string{Plain: "struct", Union: "union", Exception: "exception", Arguments: "arguments", Result: "result"}

// String returns the word of the IDL.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "invalid class"
}

// A Struct is a struct, a union, an exception, or the arguments or the result
// of a method.
type Struct struct {
	Decl
	Class  Class
	Fields []*Field // in the order of the source

	once  sync.Once
	index index
}

// An index finds fields. It is made on the first lookup.
type index struct {
	dense  []*Field // by id, if ids are small
	byID   map[int16]*Field
	byName map[string]*Field
	typ    Type
}

// Requiredness of a field.
type Requiredness uint8

// The requirednesses. Default fields are always written and may be missing
// when read. Fields of unions are Optional, whatever the source says.
const (
	Default Requiredness = iota
	Required
	Optional
)

// String returns the word of the IDL.
func (r Requiredness) String() string {
	switch r {
	case Required:
		return "required"
	case Optional:
		return "optional"
	}
	return "default"
}

// A Field is one member of a struct.
type Field struct {
	Decl
	ID           int16
	Requiredness Requiredness
	Type         *Type
	Default      *Value // nil if none

	position int // within the struct
}

// Position returns where the field stands among the fields of its struct,
// once a field of it was looked up.
func (f *Field) Position() int { return f.position }

func (s *Struct) lookup() *index {
	s.once.Do(func() {
		x := &s.index
		x.typ = Type{Kind: StructKind, Struct: s}
		x.byID, x.byName = make(map[int16]*Field, len(s.Fields)), make(map[string]*Field, len(s.Fields))
		most := int16(0)
		for i, f := range s.Fields {
			f.position = i
			x.byID[f.ID], x.byName[f.Name] = f, f
			most = max(most, f.ID)
		}
		if int(most) > 4*len(s.Fields)+16 {
			return
		}
		x.dense = make([]*Field, int(most)+1)
		for _, f := range s.Fields {
			if f.ID >= 0 {
				x.dense[f.ID] = f
			}
		}
	})
	return &s.index
}

// FieldByID returns the field with an id, nil if there is none.
func (s *Struct) FieldByID(id int16) *Field {
	x := s.lookup()
	if uint(uint16(id)) < uint(len(x.dense)) {
		return x.dense[id]
	}
	return x.byID[id]
}

// FieldByName returns the field called name, nil if there is none.
func (s *Struct) FieldByName(name string) *Field { return s.lookup().byName[name] }

// Field returns the field whose name the bytes are, nil if there is none. It
// does not allocate.
func (s *Struct) Field(name []byte) *Field { return s.lookup().byName[string(name)] }

// Type returns the struct as a type.
func (s *Struct) Type() *Type { return &s.lookup().typ }
