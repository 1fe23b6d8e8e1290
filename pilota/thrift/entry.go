package thrift

// An Entry is one key and its value in a map whose keys Go cannot compare as
// Thrift does: structs, containers. Such maps are slices of entries, in the
// order of the wire; that keys are unique is up to whoever fills them.
type Entry[K, V any] struct {
	Key   K
	Value V
}
