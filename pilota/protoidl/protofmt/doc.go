// Package protofmt writes .proto files in canonical form: one way to indent,
// to separate and to break lines. Names, values, order and comments stay as
// they are, and so do single empty lines.
//
// [Format] changes white space and nothing else, but for stray semicolons,
// which it drops: the tokens and the comments of the result are those of the
// source, in their order, so that the descriptors are the same, comments in
// their source information included. A formatted file stays as it is.
//
// The text is parsed by protocompile and cut into tokens, each with the
// comments around it (token.go); the syntax tree tells what belongs on a line
// of its own and what may share one (layout.go); print.go writes it.
package protofmt
