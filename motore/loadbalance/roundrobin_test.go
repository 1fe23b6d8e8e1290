package loadbalance_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
)

// turns returns where the next n calls go.
func turns(t *testing.T, p loadbalance.Picker, n int) []int {
	var got []int
	for range n {
		i, err := p.Pick(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, i)
	}
	return got
}

func TestRounds(t *testing.T) {
	for _, c := range []struct {
		what    string
		weights []int
		want    []int // one round; it may start anywhere
	}{
		{"one instance", []int{7}, []int{0}},
		{"equal weights take turns", []int{10, 10, 10}, []int{0, 1, 2}},
		{"calls of a great weight are spread", []int{5, 1, 1}, []int{0, 1, 0, 0, 2, 0, 0}},
		{"two to one", []int{2, 1}, []int{0, 1, 0}},
		{"weights are taken in lowest terms", []int{200, 100}, []int{0, 1, 0}},
		{"many light ones do not follow each other", []int{4, 1, 1, 1, 1}, []int{0, 1, 0, 2, 0, 3, 0, 4}},
		{"three weights", []int{1, 2, 3}, []int{2, 1, 2, 0, 1, 2}},
	} {
		got := turns(t, loadbalance.RoundRobin().Balance(loadbalancetest.Instances(c.weights...)), 2*len(c.want))
		if !slices.Equal(got[:len(c.want)], got[len(c.want):]) {
			t.Errorf("%s: got %v, want the same round twice", c.what, got)
		}
		if !isRotation(got[:len(c.want)], c.want) {
			t.Errorf("%s: got round %v, want %v, starting anywhere", c.what, got[:len(c.want)], c.want)
		}
	}
}

func isRotation(got, want []int) bool {
	for k := range want {
		if slices.Equal(got, slices.Concat(want[k:], want[:k])) {
			return true
		}
	}
	return false
}

// TestRoundsAreSmooth looks at all runs of calls, of any length: no instance
// is ever far from what its weight gives it.
func TestRoundsAreSmooth(t *testing.T) {
	shapes := [][]int{{5, 1, 1}, {1, 2, 3}, {7, 3, 2, 2, 1}, {1, 1, 1, 13}, {100, 99, 1}}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		weights := []int{1} // so that the weights are in lowest terms
		for range 1 + random.IntN(6) {
			weights = append(weights, 1+random.IntN(20))
		}
		shapes = append(shapes, weights)
	}
	for _, weights := range shapes {
		sum := 0
		for _, w := range weights {
			sum += w
		}
		got := turns(t, loadbalance.RoundRobin().Balance(loadbalancetest.Instances(weights...)), 2*sum)
		for from := range sum {
			counts := make([]int, len(weights))
			for k, i := range got[from : from+sum] {
				counts[i]++
				for i, w := range weights {
					if off := abs(float64(counts[i]) - float64((k+1)*w)/float64(sum)); off >= 2 {
						t.Fatalf("weights %v: calls %d to %d: instance %d is %.2f calls off, want less than 2", weights, from, from+k, i, off)
					}
				}
			}
			if !slices.Equal(counts, weights) {
				t.Fatalf("weights %v: got %v in a round from %d, want the weights", weights, counts, from)
			}
		}
	}
}

func TestRoundsAreBounded(t *testing.T) {
	for _, c := range []struct {
		what    string
		weights []int
		fewest  int // turns of the last instance in 2^17 calls, about two rounds
		most    int
	}{
		{"sums of 65,536 are exact", []int{1<<16 - 1, 1}, 2, 2},
		{"greater sums are scaled down, but nobody is left out", []int{discovery.MaxWeight, discovery.MaxWeight - 1, 1}, 1, 3},
	} {
		got := turns(t, loadbalance.RoundRobin().Balance(loadbalancetest.Instances(c.weights...)), 1<<17)
		n := 0
		for _, i := range got {
			if i == len(c.weights)-1 {
				n++
			}
		}
		if n < c.fewest || n > c.most {
			t.Errorf("%s: got %d turns of the lightest, want %d to %d", c.what, n, c.fewest, c.most)
		}
	}
}

func TestFailingOverTakesNoTurns(t *testing.T) {
	p := loadbalance.RoundRobin().Balance(loadbalancetest.Instances(1, 1, 1))
	first := turns(t, p, 1)[0]
	for range 10 {
		if i, err := p.Pick(t.Context(), loadbalance.Tried{first}); err != nil || i != (first+1)%3 {
			t.Fatalf("got %d, %v after %d failed, want the one after it", i, err, first)
		}
	}
	if got := turns(t, p, 1)[0]; got != (first+1)%3 {
		t.Errorf("got %d for the next call, want %d", got, (first+1)%3)
	}
}

func TestSnapshotsStartAnywhere(t *testing.T) {
	starts := map[int]bool{}
	for range 200 {
		starts[turns(t, loadbalance.RoundRobin().Balance(loadbalancetest.Instances(1, 1, 1)), 1)[0]] = true
	}
	if len(starts) != 3 {
		t.Errorf("got starts %v in 200 snapshots, want all three instances", starts)
	}
}
