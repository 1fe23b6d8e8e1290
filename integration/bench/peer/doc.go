// Package peer holds the implementations of the gRPC echo service that need
// nothing but this repository and its go.mod. Those of Thrift stand in package
// thriftpeer.
//
// One file is one peer or a few that share nearly all of it; [All] lists them.
package peer
