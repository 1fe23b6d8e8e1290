// Package gen turns the neutral program of package ir into Go.
//
// [Generate] is pure: the same program and options give the same files, byte
// for byte, and nothing is read or written. Its rooms are one file per
// construct of an IDL (struct.go, union.go, exception.go, enum.go, typedef.go,
// constant.go, service.go) and one per method that it emits for a struct
// (size.go, append.go, consume.go, mask.go, getters.go, default.go, validate.go).
// naming.go decides what things are called, packages.go where they go, split.go
// into how many files, types.go what they are in Go, dedup.go what is written
// once although the IDL has it twice, descriptor.go what the code says about
// itself, unknown.go which structs keep what they do not know, plugin.go who
// else may add something.
//
// # What comes out
//
// Each namespace becomes a Go package: `namespace go a.b.echo` is a/b/echo,
// package echo; without one, the package is named after the file. Its files
// are named after the IDL files. What the go command would refuse becomes an
// underscore, and internal and vendor get one at the end. Types import the runtime,
// pilota/thrift, and packages of other types only. Services become a second
// package inside the first, a/b/echo/echothrift, which imports the framework.
//
//	IDL                     Go
//	bool i8 i16 i32 i64     bool int8 int16 int32 int64
//	double string           float64 string
//	binary uuid             []byte [16]byte
//	list<T> set<T>          []T
//	map<K, V>               map[K]V; a binary key is a string; a struct or
//	                        container key makes it []thrift.Entry[K, V]
//	struct S, in any place  *S
//	optional T              *T; for []T, map and *S nil means unset
//	enum E                  type E int32, with constants EName
//	typedef T N             type N = T, an alias
//	const T N = …           const N T, or func N() T where Go has no constants
//	union U                 a struct with pointers, exactly one of them set
//	exception X             a struct whose pointer is an error
//
// Fields of default requiredness are always written, optional ones if they
// are set. A nil struct in a field of default requiredness is left out, as
// there is nothing to write; where one must be written (required, element of
// a container), it is an error. Sets are not checked for duplicates.
//
// An optional field that has a default value stays nil until it is set or
// received; its getter returns the default.
//
// # Masks
//
// With field masks, structs have SetFieldMask: what is sent and received of
// them from then on is what the mask lets through (package fieldmask). A
// handler that was asked for two fields of a big struct sets a mask and returns
// the struct as always. The mask of a struct counts for all that is in it; one
// that a struct deeper in has set counts where the outer one lets it through
// whole.
//
// # Rules
//
// Annotations vt.* on fields and arguments become a method Validate, which
// whoever wants to calls: a layer, a handler. Structs that have none within
// reach have no such method. The rules are those of thrift-gen-validator:
//
//	const lt le gt ge            numbers; const of all scalars
//	in not_in                    written once per value; also of enums, strings
//	min_size max_size            bytes of strings, elements of containers
//	pattern prefix suffix        strings and binaries; patterns are those of
//	contains not_contains        package regexp
//	defined_only                 enums
//	not_nil                      what can be nil; other rules are about values
//	                             that are there
//	elem.… key.… value.…         rules of elements, keys and values, to any depth
//	no_sparse                    no value of a map is nil
//	skip                         the rules within a struct do not count here
//
// Numbers and sizes may be compared with another field of the struct, "$limit",
// or with its length, "@len($name)". Strings of in and not_in are as they
// stand, enum values as the IDL refers to them: Level.HIGH or a number.
//
// A struct may have conditions on several fields, vt.assert, made of fields,
// literals and the functions @equal, @len, @add and @mod:
//
//	struct Batch { … } (vt.assert = "@equal($count, @len($items))")
//
// One that mentions an optional field which is not set is not asked.
package gen
