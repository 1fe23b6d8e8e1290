// Package protoidl is the Protobuf front end of the compiler: it finds, parses
// and checks .proto files with protocompile, without protoc, or takes them as
// a FileDescriptorSet that another compiler made.
//
// The result, [Files], is descriptors in the order of their dependencies with
// source information, which is what plug-ins of protoc get. What is wrong
// comes back as diagnostics that point into the source.
//
// proto2, proto3 and edition 2023 are parsed here. Later editions come in as
// descriptors.
package protoidl
