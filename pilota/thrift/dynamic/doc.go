// Package dynamic reads and writes Thrift messages of types that the program
// was not compiled with, by their descriptors: the bytes of the wire become
// JSON or plain Go values, and the other way round.
//
//	text, err := dynamic.ToJSON(nil, item.Type(), wire, dynamic.Options{})
//	wire, err := dynamic.FromJSON(nil, item.Type(), text, dynamic.Options{})
//
// JSON is streamed: between text and wire stands no tree, and each byte is
// looked at once. [ToValue] and [FromValue] make and take a tree of Go values.
// A [Struct] is a message in wire form that knows its descriptor, for
// frameworks.
//
// # JSON
//
//	struct, union, exception  object, by the names of the fields; null is absence
//	list, set                 array
//	map                       object; array of {"key": …, "value": …} if the keys
//	                          are structs or containers
//	string                    string; bytes that are no UTF-8 come out as U+FFFD
//	binary                    string in base64
//	uuid                      string, 01234567-89ab-cdef-0123-456789abcdef
//	enum                      string, the name; number if it has none
//	bool, integers            true and false, numbers
//	double                    number, or one of "NaN", "Infinity", "-Infinity"
//
// As the key of an object, every scalar is a string. What comes in may be
// looser than what goes out: numbers may be strings, enums may be numbers,
// base64 may be the URL alphabet, without padding.
//
// # Defaults
//
// What the text leaves out is left out of the message, unless a field is
// required: then its default value is written, and if it has none, that is an
// error. [Options.Defaults] writes what generated code would.
//
// # Distrust
//
// Messages are decoded under [thrift.DecodeOptions], with the errors of
// generated code. Text is refused with a [*SyntaxError] or a [*TextError] that
// says where, in bytes and in terms of the IDL. In either direction the output
// is no larger than the input times what one byte of it can cost, which the
// IDL decides: names and default values.
//
// All functions may be called concurrently.
package dynamic
