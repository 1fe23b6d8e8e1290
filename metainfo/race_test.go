//go:build race

package metainfo_test

// raceEnabled says that allocations cannot be counted: the race detector
// makes some of its own.
const raceEnabled = true
