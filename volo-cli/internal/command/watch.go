package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"
)

// pollInterval is how often watched files are looked at: rarely enough to cost
// nothing, often enough to be done before the user is in the other window.
const pollInterval = 250 * time.Millisecond

// settleInterval is how long files stay as they are before they are read: who
// saves a file may empty it first.
const settleInterval = 50 * time.Millisecond

// A stamp tells whether a file has changed.
type stamp struct {
	there   bool
	size    int64
	changed time.Time
}

// stampOf looks at a file.
func stampOf(name string) stamp {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{}
	}
	return stamp{true, info.Size(), info.ModTime()}
}

// differs reports whether a file is not what it was when it was read.
func differs(read map[string]stamp) bool {
	for name, s := range read {
		if stampOf(name) != s {
			return true
		}
	}
	return false
}

// settled waits until files do not change any more. It reports false if ctx is
// done before that.
func settled(ctx context.Context, names map[string]stamp) bool {
	now := func() map[string]stamp {
		all := make(map[string]stamp, len(names))
		for name := range names {
			all[name] = stampOf(name)
		}
		return all
	}
	for last := now(); ; {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(settleInterval):
		}
		next := now()
		if maps.Equal(last, next) {
			return true
		}
		last = next
	}
}

// follow runs gen whenever a file that it has looked at changes, those that it
// looked for and that were not there included. Errors are shown, and the next
// change is waited for.
func (g *regenerate) follow(ctx context.Context) error {
	ticks := time.NewTicker(pollInterval)
	defer ticks.Stop()
	first := true
	for {
		err := g.once(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && first && len(g.read) == 0:
			return err // there is nothing to watch
		case err != nil && !errors.Is(err, errSaid):
			fmt.Fprintf(g.env.Stderr, "volo gen: %v\n", err)
		}
		first = false
		fmt.Fprintf(g.env.Stderr, "watching %s; interrupt to end\n", plural(len(g.read), "file"))
		for !differs(g.read) {
			select {
			case <-ctx.Done():
				return nil
			case <-ticks.C:
			}
		}
		if !settled(ctx, g.read) {
			return nil
		}
	}
}
