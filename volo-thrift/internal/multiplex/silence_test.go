package multiplex_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-thrift/internal/multiplex"
)

func TestAConnectionThatIsSilentGetsNoMoreCalls(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		what   string
		calls  []time.Duration // how long each waits, one after the other
		heard  int             // after so many of them something comes; 0 for never
		usable bool
		then   time.Duration // passes
	}{
		{"one call has waited for long", []time.Duration{time.Hour}, 0, true, time.Hour},
		{"two calls have", []time.Duration{time.Hour, time.Hour}, 0, true, 0},
		{"three calls have", []time.Duration{time.Hour, time.Hour, time.Hour}, 0, false, 0},
		{"many have waited less than a second", []time.Duration{100 * ms, 100 * ms, 100 * ms, 100 * ms, 100 * ms, 100 * ms}, 0, true, 0},
		{"the last of many a second after the first", []time.Duration{time.Hour, 500 * ms, 500 * ms}, 0, false, 0},
		{"the last of many less than a second after the first", []time.Duration{time.Hour, 500 * ms, 499 * ms}, 0, true, 0},
		{"many did, and not a second has passed since the first", []time.Duration{100 * ms, 0, 0, 0}, 0, true, 999 * ms},
		{"many did, and a second has passed", []time.Duration{100 * ms, 0, 0, 0}, 0, false, time.Second},
		{"two did, and a second has passed", []time.Duration{100 * ms, 0}, 0, true, time.Second},
		{"something came within that second", []time.Duration{100 * ms, 0, 0, 0}, 4, true, time.Second},
		{"something came between them", []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}, 2, true, 0},
		{"something came before them", []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}, 1, false, 0},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, server := pair(t)
				for i, d := range tt.calls {
					w, err := c.Acquire()
					if err != nil {
						t.Fatal(err)
					}
					c.Wait(w, time.Now().Add(d), nil)
					if i+1 == tt.heard {
						reply(t, server, frame(0, "nothing in particular"))
						synctest.Wait()
					}
				}
				time.Sleep(tt.then)
				synctest.Wait()
				if c.Usable() != tt.usable {
					t.Errorf("it is usable: %v, want %v", c.Usable(), tt.usable)
				}
			})
		})
	}
}

func TestCallsOnAConnectionThatWasSilentAreStillAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pair(t)
		patient, err := c.Acquire()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w, err := c.Acquire()
			if err != nil {
				t.Fatal(err)
			}
			c.Wait(w, time.Now().Add(time.Second), nil)
		}
		if _, err := c.Acquire(); err != multiplex.ErrDraining {
			t.Errorf("another call got %v, want %v", err, multiplex.ErrDraining)
		}
		reply(t, server, frame(patient.Seq(), "at last"))
		wait(t, c, patient, "at last")
	})
}
