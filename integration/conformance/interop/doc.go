// Package interop is the test service of gRPC (gRPC, "Interoperability Test
// Case Descriptions") on Volo: the service, and the cases that a client calls
// it with. The cases and their names are those of grpc-go's client; those that
// need credentials of a cloud are left out.
//
// The programs are in the folders server and client; folder gen is written by
// ../generate. The package cannot be linked with grpc-go's interop packages:
// both register the same messages.
package interop
