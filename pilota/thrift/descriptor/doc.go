// Package descriptor says at run time what an IDL says: files, types,
// constants and services, with their comments and annotations. It is what
// package dynamic reads and writes messages by, and what tools show.
//
// Descriptors come from two sources. The compiler makes them of IDL files
// (pilota.Describe). Generated code carries them if it was generated with
// descriptors, in a few bytes that are decoded when somebody first asks
// ([Embedded]).
//
// All references are pointers: the type of a field leads to the struct that it
// names, wherever that is declared. So a program that has one struct has all
// that it can hold.
//
// Descriptors are immutable. Whoever builds one by hand must be done before
// anybody looks anything up in it; after that, any number of goroutines may.
package descriptor
