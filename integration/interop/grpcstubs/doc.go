// Package grpcstubs calls the stubs that pilota generates from .proto files,
// over a real client and server: those of pilota/testdata/proto, which the
// compiler's own tests compare byte for byte.
package grpcstubs
