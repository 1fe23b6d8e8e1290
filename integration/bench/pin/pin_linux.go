package pin

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Cores returns a core for the server and another one for the client, of those
// that this process may use and, if there are such, of different physical
// cores.
func Cores() (server, client int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, 0, fmt.Errorf("asking which cores may be used: %w", err)
	}
	var allowed []int
	for core := 0; len(allowed) < set.Count(); core++ {
		if set.IsSet(core) {
			allowed = append(allowed, core)
		}
	}
	return apart(allowed, siblings)
}

// Start starts cmd on that core.
func Start(cmd *exec.Cmd, core int) error {
	// A child inherits the cores of the thread that forks it, so this thread
	// moves there, forks and moves back.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("asking which cores may be used: %w", err)
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("moving to core %d: %w", core, err)
	}
	startErr := cmd.Start()
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		return fmt.Errorf("moving back from core %d: %w", core, err)
	}
	return startErr
}

// Self moves this process to that core, with the threads that it has and those
// that they start. back lets it use the cores again that the caller's thread may
// use now.
func Self(core int) (back func() error, err error) {
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, fmt.Errorf("asking which cores may be used: %w", err)
	}
	one.Set(core)
	if err := move(&one); err != nil {
		return nil, fmt.Errorf("moving to core %d: %w", core, err)
	}
	return func() error { return move(&before) }, nil
}

// move moves all threads, until there are no more of them than before: one that
// has not been moved yet may start another.
func move(set *unix.CPUSet) error {
	for known := 0; ; {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil || len(threads) <= known {
			return err
		}
		known = len(threads)
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				return err
			}
			if err := unix.SchedSetaffinity(id, set); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		}
	}
}

// siblings reads a list such as "0,4" or "0-1"; an unreadable one means that
// the core shares with none.
func siblings(core int) []int {
	list, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", core))
	if err != nil {
		return []int{core}
	}
	return parseList(strings.TrimSpace(string(list)))
}

func parseList(list string) []int {
	var cores []int
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		lo, err := strconv.Atoi(first)
		if err != nil {
			continue
		}
		hi := lo
		if isRange {
			if hi, err = strconv.Atoi(last); err != nil {
				continue
			}
		}
		for core := lo; core <= hi; core++ {
			cores = append(cores, core)
		}
	}
	return cores
}
