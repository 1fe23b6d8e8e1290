package load

import (
	"runtime/metrics"
	"time"
)

// A Usage is what this process has used so far.
type Usage struct {
	CPU     time.Duration `json:"cpu_ns"`  // user and system
	Objects uint64        `json:"objects"` // allocations on the heap
	Bytes   uint64        `json:"bytes"`   // of those allocations
	RSS     uint64        `json:"rss"`     // resident bytes now, not a sum; 0 where unknown
}

// ReadUsage returns the usage of this process.
func ReadUsage() Usage {
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:objects"},
		// Allocations that share a block with others count as one object
		// above; this metric counts each of them.
		{Name: "/gc/heap/tiny/allocs:objects"},
		{Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(samples)
	return Usage{
		CPU:     cpuTime(),
		Objects: samples[0].Value.Uint64() + samples[1].Value.Uint64(),
		Bytes:   samples[2].Value.Uint64(),
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
