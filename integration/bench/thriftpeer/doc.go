// Package thriftpeer holds the implementations of the Thrift echo service and of
// the Thrift codec that need nothing but this repository and its go.mod. Kitex,
// which is generated on demand, stands in package kitex.
//
// One file is one peer or a few that share nearly all of it; [All] and
// [Codecs] list them.
//
// Together with the raw floors they run in a binary of their own, the command
// in the folder child. What else a binary links, above all the registered
// descriptors of Protobuf and of gRPC, is live memory that its garbage
// collector pays for at every call, and no user of a Thrift server has that.
package thriftpeer
