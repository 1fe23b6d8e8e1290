// Package peer holds the implementations of the echo service and of the codec
// that need nothing but this repository and its go.mod. Frameworks that are
// generated on demand stand in the package kitex.
//
// One file is one peer or a few that share nearly all of it; [All] and
// [Codecs] list them. The raw peers are floors: the least that moving the bytes
// costs when nothing is decoded, looked up or intercepted.
package peer
