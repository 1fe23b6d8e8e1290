package loadbalance_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/volo-go/volo/motore/loadbalance"
)

func TestTried(t *testing.T) {
	for range 2000 {
		// Sparse or dense, in order or not, perhaps with some of them twice.
		n := 1 + rand.IntN(200)
		var tried loadbalance.Tried
		for i, most := 0, rand.IntN(n+1); i < n; i++ {
			if rand.IntN(n) < most {
				tried = append(tried, i)
			}
		}
		switch rand.IntN(3) {
		case 0:
			tried = append(tried, tried[:len(tried)/2]...)
		case 1:
			rand.Shuffle(len(tried), func(i, j int) { tried[i], tried[j] = tried[j], tried[i] })
		}
		for i := -2; i < n+2; i++ {
			if got, want := tried.Has(i), slices.Contains(tried, i); got != want {
				t.Fatalf("got %v for %d in %v, want %v", got, i, tried, want)
			}
		}
	}
}
