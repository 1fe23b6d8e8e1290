// Package interop is where our Thrift meets everybody else's. It holds no code
// but tests: our server is called by others' clients, our client calls others'
// servers, and what we write, byte for byte, is laid beside what they write.
//
//	apachetest   Apache's ThriftTest with Apache's own Go code
//	gen          the same IDL, compiled by us
//	generate     the command behind go generate
//	generated    keeps folders such as gen up to date
//
// The second peer is Kitex's own header code, the third Apache's Python as
// Debian packages it, where that is installed.
//
// # Where we differ from Apache
//
// Both sides understand each other; these are the corners in which one of them
// is stricter, or says the same in other bytes. Each line is held by a test.
//
//   - A nil struct in a required field or in a container: we refuse to write it,
//     Apache writes an empty struct.
//   - An optional scalar with a default that is set to just that default: we
//     write it, Apache does not, as it cannot tell it from one that is unset.
//   - A set with the same element twice: Apache refuses to write it, we do not
//     look. Both read it.
//   - A union with no member or with several: we refuse it in both directions,
//     Apache reads it, and refuses to write it.
//   - A container whose elements have another type than the IDL says: we refuse
//     it, Apache reads the bytes as what it expects.
//   - A bool that is neither 0 nor 1: true to us as to Apache's C++, false to
//     Apache's Go.
//   - A oneway call: ours says that it is one, that of Apache's Go calls itself
//     an ordinary call; servers of both take either, and answer neither.
//   - A message of a type that does not exist: we end the connection, Apache's
//     client reads on and fails the call.
//   - Nesting in fields that are unknown: both stop at 64 levels; Apache counts
//     the scalar at the bottom, we do not.
package interop

//go:generate go run ./generate
