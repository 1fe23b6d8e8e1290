// Package stage has what the handlers and callers of suite kitex share, whichever
// framework they are written for: where calls meet and wait for each other, and
// cases that are run one after the other and reported a line each.
//
// It imports the standard library only, and is copied beside the sources of the
// Kitex program.
package stage
