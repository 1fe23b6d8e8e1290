package worker_test

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/worker"
)

// workers counts the goroutines of pools in the bubble of its caller, which
// those of an earlier test that are about to end are not in.
func workers() int {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	_, bubble, _ := strings.Cut(stacks[0], "synctest bubble ")
	bubble, _, _ = strings.Cut(bubble, "]")
	n := 0
	for _, stack := range stacks {
		if strings.Contains(stack, "synctest bubble "+bubble+"]") && strings.Contains(stack, "created by github.com/volo-go/volo/motore/worker.") {
			n++
		}
	}
	return n
}

func TestEveryTaskRunsOnce(t *testing.T) {
	const tasks = 1000
	var ran [tasks]atomic.Int32
	p := worker.New(func(i int) {
		if i%3 == 0 {
			runtime.Gosched()
		}
		ran[i].Add(1)
	})
	var wg sync.WaitGroup
	for i := range tasks {
		wg.Go(func() { p.Go(i) })
	}
	wg.Wait()
	p.Close()
	for i := range ran {
		if n := ran[i].Load(); n != 1 {
			t.Errorf("task %d has run %d times", i, n)
		}
	}
}

func TestTasksThatWaitDoNotKeepOthersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var ran atomic.Int32
		p := worker.New(func(wait bool) {
			if wait {
				<-release
			}
			ran.Add(1)
		})
		for i := range 100 {
			p.Go(i < 50)
		}
		synctest.Wait()
		if n := ran.Load(); n != 50 {
			t.Errorf("%d tasks have run beside 50 that wait, want 50", n)
		}
		close(release)
		p.Close()
		if n := ran.Load(); n != 100 {
			t.Errorf("%d tasks have run when Close returned, want 100", n)
		}
	})
}

func TestTasksThatDoNotWaitShareAGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran atomic.Int32
		started, release := make(chan struct{}), make(chan struct{})
		p := worker.New(func(first bool) {
			if first {
				close(started)
				<-release
			}
			ran.Add(1)
		})
		p.Go(true)
		<-started
		for range 1000 {
			p.Go(false)
		}
		close(release)
		synctest.Wait()
		if n := ran.Load(); n != 1001 {
			t.Errorf("%d tasks have run, want 1001", n)
		}
		if n := workers(); n > 100 {
			t.Errorf("%d goroutines were made for 1,000 tasks that do not wait", n)
		}
		p.Close()
	})
}

func TestAnyNumberOfTasksMayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tasks = 5000 // more than the queue holds
		release := make(chan struct{})
		var started atomic.Int32
		p := worker.New(func(int) {
			started.Add(1)
			<-release
		})
		for i := range tasks {
			p.Go(i)
		}
		synctest.Wait()
		if n := started.Load(); n != tasks {
			t.Errorf("%d tasks have started, want all %d beside each other", n, tasks)
		}
		close(release)
		p.Close()
	})
}

func TestGoroutinesAreKeptAndLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := worker.New(func(d time.Duration) { time.Sleep(d) })
		defer p.Close()
		for range 20 {
			p.Go(time.Millisecond)
		}
		time.Sleep(time.Second)
		if n := workers(); n != 20 {
			t.Errorf("%d goroutines are kept after 20 tasks at once, want 20", n)
		}
		for range 1000 {
			p.Go(0)
			synctest.Wait()
		}
		if n := workers(); n != 20 {
			t.Errorf("%d goroutines have run 1,000 tasks one after the other, want the 20", n)
		}
		// One at a time needs one: the others go.
		for range 60 {
			p.Go(0)
			time.Sleep(time.Second)
		}
		if n := workers(); n > 2 {
			t.Errorf("%d goroutines are kept for one task at a time", n)
		}
		time.Sleep(time.Minute)
		if n := workers(); n != 0 {
			t.Errorf("%d goroutines are kept for nothing", n)
		}
		p.Go(0)
		synctest.Wait()
		if n := workers(); n != 1 {
			t.Errorf("a pool that was idle runs a task on %d goroutines", n)
		}
	})
}
