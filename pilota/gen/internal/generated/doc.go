// Package generated holds the tests of generated code at work: round trips,
// limits, allocations, benchmarks, fuzzing. The code is that of the golden
// folders. The tests live apart from those of the generator so that these
// build when that code does not.
package generated
