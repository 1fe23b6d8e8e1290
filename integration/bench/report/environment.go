package report

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// An Environment says where and of what a benchmark was run. What cannot be
// found out stays empty.
type Environment struct {
	Time   time.Time `json:"time"`
	OS     string    `json:"os"`
	Arch   string    `json:"arch"`
	Kernel string    `json:"kernel,omitempty"`
	CPU    string    `json:"cpu,omitempty"`
	Cores  int       `json:"cores"`
	Go     string    `json:"go"`
	Commit string    `json:"commit,omitempty"` // with + if files were changed since
	Load   string    `json:"load,omitempty"`   // before the run: the system's load averages
}

// ReadEnvironment returns the environment of this process.
func ReadEnvironment() Environment {
	return Environment{
		Time:   time.Now().UTC().Truncate(time.Second),
		OS:     runtime.GOOS,
		Arch:   runtime.GOARCH,
		Kernel: line("/proc/sys/kernel/osrelease"),
		CPU:    cpu(),
		Cores:  runtime.NumCPU(),
		Go:     runtime.Version(),
		Commit: commit(),
		Load:   line("/proc/loadavg"),
	}
}

// line returns the first line of a file, empty if there is none.
func line(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(b), "\n")
	return first
}

func cpu() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if key, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// commit asks git about the folder that the benchmark is run in.
func commit() string {
	head, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return ""
	}
	name := strings.TrimSpace(string(head))
	if changes, err := exec.Command("git", "status", "--porcelain").Output(); err != nil || len(changes) > 0 {
		name += "+"
	}
	return name
}
