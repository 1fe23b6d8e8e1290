// Package peer is what the implementations of the gRPC echo service have in
// common. Each has a package of its own in a folder below, and the command in
// the folder child there has nothing else: what a binary links, above all
// registered descriptors of Protobuf, is live memory that its garbage collector
// pays for at every call, and a peer pays for its own only.
//
//	volo      Volo gRPC
//	grpcgo    grpc-go, and h2load, a client
//	connectgo connect-go
//	rawhttp2  the floor
//
// A server may be measured under the client of another: then both packages list
// a peer of that name, the one with its server, the other with its client.
package peer
