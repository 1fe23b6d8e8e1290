// Package cli runs `volo call` and `volo bench` as a user types them, against
// servers of ours and of others: Apache Thrift and grpc-go.
package cli
