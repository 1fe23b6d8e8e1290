//go:build !unix

package load

import "time"

// CPUTime returns 0, which stands for unknown.
func CPUTime() time.Duration { return 0 }

func residentBytes() uint64 { return 0 }
