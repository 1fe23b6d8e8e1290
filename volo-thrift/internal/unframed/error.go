package unframed

import "fmt"

// A FormatError says that a message is malformed and where.
type FormatError struct {
	Offset int    // from the message's first byte
	What   string // what is wrong there
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("unframed: at byte %d: %s", e.Offset, e.What)
}

// A SizeError says that a message is longer than the receiver allows. It may
// come long before the message is there.
type SizeError struct {
	Size  int // that it has at least, in bytes
	Limit int
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("unframed: message of at least %d bytes exceeds the maximum message size of %d", e.Size, e.Limit)
}

// A DepthError says that structs and containers are nested deeper than the
// receiver allows.
type DepthError struct{ Limit int }

func (e *DepthError) Error() string {
	return fmt.Sprintf("unframed: message is nested deeper than %d levels", e.Limit)
}
