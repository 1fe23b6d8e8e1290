//go:build !amd64

package protobuf

// countVarints returns how many bytes of b end a varint.
func countVarints(b []byte) int { return countLastBytes(b) }

// unpackBlocks reads nothing: there is no faster way here.
func unpackBlocks[T Integer]([]T, []byte) (read, numbers int) { return 0, 0 }

// packBlocks puts nothing.
func packBlocks[T Integer](_ []byte, i int, v []T) (at, left int) { return i, len(v) }
