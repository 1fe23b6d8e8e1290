package thriftidl

import (
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/source"
)

// A File is the syntax of one Thrift file.
type File struct {
	Source *source.File
	Nodes  []Node    // headers, then definitions
	Tail   []Comment // below the last node

	// Incomplete says that names may be missing that the text defines, because
	// of errors.
	Incomplete bool
}

// Doc returns what the head of the file says: its first documentation
// comment, or else the last group of comments above the first header.
func (f *File) Doc() string {
	if len(f.Nodes) == 0 {
		return text(f.Tail)
	}
	first := *f.Nodes[0].comments()
	_, include := f.Nodes[0].(*Include)
	_, namespace := f.Nodes[0].(*Namespace)
	header := include || namespace
	var docs []Comment
	for _, c := range first.Leading {
		if c.IsDoc() {
			docs = append(docs, c)
		}
	}
	switch {
	case len(docs) > 1 || len(docs) == 1 && header:
		return text(docs[:1]) // with definitions only, the last one is about the first of them
	case header:
		return text(first.lastGroup())
	}
	return ""
}

// A Node is an *Include, *Namespace, *Const, *Typedef, *Enum, *Senum, *Struct
// or *Service.
type Node interface{ comments() *Comments }

func (c *Comments) comments() *Comments { return c }

// An Ident is a name as it is written, perhaps with dots.
type Ident struct {
	Name string
	Span source.Span
}

// A Literal is a quoted string.
type Literal struct {
	Raw   string // with its quotes
	Value string
	Span  source.Span
}

// An Include makes another file known.
type Include struct {
	Comments
	Span source.Span
	CPP  bool // cpp_include, which concerns C++ only
	Path Literal
}

// A Namespace says where the code generated for a language goes.
type Namespace struct {
	Comments
	Span        source.Span
	Legacy      string // the word it begins with, if that is not "namespace", such as "cpp_namespace"
	Scope       Ident  // a language, perhaps dotted, or *
	Path        Ident
	Quoted      *Literal // the path, if it is a string
	Annotations *Annotations
}

// Brackets hold the comments at the edges of a bracketed list.
type Brackets struct {
	Span source.Span
	Open []Comment // behind the opening bracket, on its line
	Tail []Comment // below the last element
}

// Annotations are a list of (key = "value").
type Annotations struct {
	Brackets
	List []*Annotation
}

// An Annotation is one of them. Apache gives it the value "1" if it has none.
type Annotation struct {
	Comments
	Span  source.Span
	Key   Ident
	Value *Literal // nil if there is only a key
}

// A Const is a named value.
type Const struct {
	Comments
	Span        source.Span
	Type        *Type
	Name        Ident
	Value       *Value
	Annotations *Annotations
}

// A Typedef is another name for a type.
type Typedef struct {
	Comments
	Span        source.Span
	Type        *Type
	Name        Ident
	Annotations *Annotations
}

// An Enum is a list of named numbers.
type Enum struct {
	Comments
	Span        source.Span
	Name        Ident
	Body        Brackets
	Values      []*EnumValue
	Annotations *Annotations
}

// An EnumValue is one of them.
type EnumValue struct {
	Comments
	Span        source.Span
	Name        Ident
	Number      *Value // an integer, nil if it is not written
	Annotations *Annotations
}

// A Senum is a list of strings, a type from before enums had names.
type Senum struct {
	Comments
	Span        source.Span
	Name        Ident
	Body        Brackets
	Values      []*Element // strings
	Annotations *Annotations
}

// A Struct is a struct, a union or an exception.
type Struct struct {
	Comments
	Span        source.Span
	Keyword     string // "struct", "union" or "exception"
	Name        Ident
	XSDAll      bool
	Fields      FieldList
	Annotations *Annotations
}

// A FieldList is the body of a struct, or the arguments or exceptions of a
// function.
type FieldList struct {
	Brackets
	List []*Field
}

// A Field is a member, an argument or an exception.
type Field struct {
	Comments
	Span         source.Span
	ID           *Value // an integer, nil if it is not written
	Number       int64  // the id, or the negative one that Apache assigns if there is none
	Requiredness Ident  // "required", "optional" or nothing
	Type         *Type
	Reference    bool // & before the name
	Name         Ident
	Default      *Value // nil if there is none
	XSDOptional  bool
	XSDNillable  bool
	XSDAttrs     *FieldList
	Annotations  *Annotations
}

// A Service is a set of functions.
type Service struct {
	Comments
	Span        source.Span
	Name        Ident
	Extends     *Ident // nil if there is none
	Body        Brackets
	Functions   []*Function
	Annotations *Annotations
}

// A Function is one of them.
type Function struct {
	Comments
	Span        source.Span
	Oneway      Ident // "oneway", "async" or nothing
	Type        *Type // named void if it returns nothing
	Name        Ident
	Args        FieldList
	Throws      *FieldList // nil if it is not written
	Annotations *Annotations
}

// A Type is a name, or list, set or map with what they are made of.
type Type struct {
	Span        source.Span
	Name        Ident
	Key         *Type    // of a map
	Elem        *Type    // of a list, set or map
	CPPType     *Literal // nil if it is not written
	Annotations *Annotations
}

// A ValueKind tells what a Value is.
type ValueKind uint8

// The kinds of values.
const (
	IntValue    ValueKind = iota + 1
	DoubleValue           // with a fraction or an exponent
	StringValue
	NameValue // of a constant or an enum value, or true or false
	ListValue // [elements]
	MapValue  // {keys: values}
)

// A Value is a constant as it is written.
type Value struct {
	Span    source.Span
	Kind    ValueKind
	Text    string // of the other kinds than lists and maps, as written
	String  string // of a StringValue
	Body    Brackets
	List    []*Element // of a ListValue
	Entries []*Entry   // of a MapValue
}

// An Element is one value of a list.
type Element struct {
	Comments
	Value *Value
}

// An Entry is a key and its value.
type Entry struct {
	Comments
	Key, Value *Value
}

// Int returns the number of an IntValue; ok is false if it does not fit.
func (v *Value) Int() (n int64, ok bool) {
	text := strings.TrimPrefix(v.Text, "+")
	base := 10
	if digits := strings.TrimPrefix(text, "-"); len(digits) > 1 && digits[1]|0x20 == 'x' {
		base, text = 16, strings.Replace(text, digits[:2], "", 1)
	}
	// Apache reads a leading 0 as decimal, not octal.
	n, err := strconv.ParseInt(text, base, 64)
	return n, err == nil
}
