//go:build race

package protobuf_test

// raceEnabled says that allocations are not counted: the race detector adds
// its own.
const raceEnabled = true
