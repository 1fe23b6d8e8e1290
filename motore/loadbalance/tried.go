package loadbalance

import "slices"

// Tried holds the indices that a call has been to already, or is not to go to
// since they are ejected; mostly few. If they are many, [Eject] has put them in
// ascending order.
type Tried []int

// few is how many indices are looked at one after the other.
const few = 16

// Has reports whether index i has been tried. Of many in ascending order, one
// that has been tried is found without a look at all of them.
func (t Tried) Has(i int) bool { return len(t) > 0 && t.has(i) }

func (t Tried) has(i int) bool { return len(t) > few && t.find(i) || slices.Contains(t, i) }

// find looks for i where it is if t, which is not empty, ascends: not after
// place i, and before that by no more places than there are gaps in t.
func (t Tried) find(i int) bool {
	gaps := t[len(t)-1] + 1 - len(t)
	from, to := max(0, i-gaps), min(i+1, len(t))
	if from >= to {
		return false
	}
	_, found := slices.BinarySearch(t[from:to], i)
	return found
}

// A rest is who is left: all that have not been tried. It is for picks that ask
// for many of them.
type rest struct {
	tried   Tried
	ascends bool // and is long
}

func (t Tried) rest() rest { return rest{t, len(t) > few && t.ascends()} }

// ascends reports whether each index is greater than the one before.
func (t Tried) ascends() bool {
	for k := 1; k < len(t); k++ {
		if t[k-1] >= t[k] {
			return false
		}
	}
	return true
}

// has reports whether i is left.
func (r rest) has(i int) bool { return len(r.tried) == 0 || !r.lacks(i) }

func (r rest) lacks(i int) bool {
	if r.ascends {
		return r.tried.find(i)
	}
	return slices.Contains(r.tried, i)
}
