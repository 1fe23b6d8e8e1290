//go:build !unix

package load

import "time"

func cpuTime() time.Duration { return 0 }

func residentBytes() uint64 { return 0 }
