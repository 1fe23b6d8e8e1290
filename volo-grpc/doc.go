// Package vologrpc will be the gRPC framework of Volo for Go, the sibling of
// package volothrift on the same layers, discovery and balancing.
//
// It holds nothing yet: the module exists so that the workspace and its import
// path are settled.
package vologrpc
