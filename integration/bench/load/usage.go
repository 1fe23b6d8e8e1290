package load

import (
	"runtime"
	"time"
)

// A Usage is what this process has used so far.
type Usage struct {
	CPU     time.Duration `json:"cpu_ns"`  // user and system
	Objects uint64        `json:"objects"` // allocations on the heap
	Bytes   uint64        `json:"bytes"`   // of those allocations
	RSS     uint64        `json:"rss"`     // resident bytes now, not a sum; 0 where unknown
}

// ReadUsage returns the usage of this process. It stops the world for a
// moment: the numbers of package runtime/metrics, which do not, leave out what
// each processor has allocated lately.
func ReadUsage() Usage {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return Usage{
		CPU:     CPUTime(),
		Objects: mem.Mallocs,
		Bytes:   mem.TotalAlloc,
		RSS:     residentBytes(),
	}
}

// Since returns what was used after before; RSS stays what it is in u.
func (u Usage) Since(before Usage) Usage {
	return Usage{
		CPU:     u.CPU - before.CPU,
		Objects: u.Objects - before.Objects,
		Bytes:   u.Bytes - before.Bytes,
		RSS:     u.RSS,
	}
}
