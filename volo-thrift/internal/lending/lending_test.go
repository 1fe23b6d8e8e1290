package lending_test

import (
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/lending"
)

// learn has l see a message that keeps the memory if it fits.
func learn(l *lending.Lending, size int, shared bool) {
	l.Learn(size, l.Fits(size), shared)
}

func TestTheNextMessageIsExpectedToBeLikeTheLast(t *testing.T) {
	for _, test := range []struct {
		name   string
		size   int
		shared bool
		want   int
	}{
		{"too short to be worth it", lending.Min - 1, true, 0},
		{"just long enough", lending.Min, true, lending.Min},
		{"as long as can be", lending.Max, true, lending.Max},
		{"too long", lending.Max + 1, true, 0},
		{"without strings", 1024, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var l lending.Lending
			if l.Expect() != 0 || l.Fits(1) {
				t.Error("something is expected before the first message")
			}
			for range 3 {
				if learn(&l, test.size, test.shared); l.Expect() != test.want {
					t.Errorf("Expect() = %d, want %d", l.Expect(), test.want)
				}
			}
		})
	}
}

func TestMemoryThatWouldBeMostlyEmptyIsNotKept(t *testing.T) {
	var l lending.Lending
	learn(&l, 1000, true)
	for size, want := range map[int]bool{1: false, 500: false, 501: true, 1000: true, 1001: true} {
		if got := l.Fits(size); got != want {
			t.Errorf("Fits(%d) = %v, want %v", size, got, want)
		}
	}
}

func TestAfterAMissNothingIsLentForAWhile(t *testing.T) {
	for name, miss := range map[string]func(*lending.Lending){
		"another size": func(l *lending.Lending) { l.Learn(3000, false, true) },
		"no strings":   func(l *lending.Lending) { l.Learn(1000, true, false) },
	} {
		t.Run(name, func(t *testing.T) {
			var l lending.Lending
			learn(&l, 1000, true)
			miss(&l)
			for i := range 33 {
				if l.Expect() != 0 {
					t.Fatalf("Expect() = %d after %d messages, want 0", l.Expect(), i)
				}
				learn(&l, 1000, true)
			}
			if l.Expect() != 1000 {
				t.Errorf("Expect() = %d, want 1000 again", l.Expect())
			}
		})
	}
}

func TestStop(t *testing.T) {
	var l lending.Lending
	learn(&l, 1000, true)
	if l.Stop(); l.Expect() != 0 {
		t.Errorf("Expect() = %d, want 0", l.Expect())
	}
	if learn(&l, 1000, true); l.Expect() != 1000 {
		t.Errorf("Expect() = %d, want 1000: to stop is no miss", l.Expect())
	}
}
