package chaos

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Report is what a fault did to the calls of one client.
type Report struct {
	Fault, Protocol string
	Calls           int
	Disturbed       int            // calls that are not in it
	Lost, Others    map[string]int // calls that failed by kind: idempotent ones, and those that are not
	Attempts        map[string]int // attempts that failed, by kind

	Before, During, After Quantiles

	// Recovery is how long after the begin of the fault calls were as good as
	// before again: of all that began from then until its end, 99 in 100 were
	// quick. Less than zero: none were.
	Recovery time.Duration
	// Back is how long after the end of the fault the instance answered again;
	// less than zero: not yet.
	Back time.Duration
}

// A call is quick if it meets no fault. On a machine that has nothing else to do
// it is answered within Quick, anywhere within Unhurt: a call has taken an attempt's
// time at least that was held up until it was made again.
const (
	Quick  = 150 * time.Millisecond
	Unhurt = AttemptTime
)

// Quantiles are those of the time that calls took which were answered.
type Quantiles struct{ P50, P99, Max time.Duration }

// NewReport judges the calls of a client in c, which are quick if they are answered
// within that time. The fault lasted from begin to end, as of the begin of the load.
func NewReport(fault string, client *Client, c Course, begin, end, quick time.Duration) Report {
	r := Report{
		Fault: fault, Protocol: client.Protocol, Disturbed: c.Disturbed, Back: -1,
		Lost: map[string]int{}, Others: map[string]int{}, Attempts: client.Attempts.Kinds(),
	}
	var before, during, after []Sample
	for _, s := range c.Samples {
		if s.Client != client {
			continue
		}
		r.Calls++
		switch {
		case s.Err == nil:
		case s.Idempotent:
			r.Lost[Kind(s.Err)]++
		default:
			r.Others[Kind(s.Err)]++
		}
		switch {
		case s.Start < begin:
			before = append(before, s)
		case s.Start < end:
			during = append(during, s)
		default:
			after = append(after, s)
		}
	}
	r.Before, r.During, r.After = quantiles(before), quantiles(during), quantiles(after)
	r.Recovery = recovery(during, begin, quick)
	return r
}

func quantiles(samples []Sample) (q Quantiles) {
	var took []time.Duration
	for _, s := range samples {
		if s.Err == nil {
			took = append(took, s.Took)
		}
	}
	if len(took) == 0 {
		return q
	}
	slices.Sort(took)
	return Quantiles{took[len(took)/2], took[len(took)*99/100], took[len(took)-1]}
}

// recovery looks for the first call from which on all is well.
func recovery(during []Sample, begin, quick time.Duration) time.Duration {
	slices.SortFunc(during, func(a, b Sample) int { return cmp.Compare(a.Start, b.Start) })
	recovered, bad := time.Duration(-1), 0
	for i, s := range slices.Backward(during) {
		if s.Err != nil || s.Took > quick {
			bad++
		}
		if n := len(during) - i; 100*bad <= n {
			recovered = s.Start - begin
		}
	}
	return recovered
}

// Write prints reports, two lines each and more if something has failed.
func Write(w io.Writer, reports []Report) {
	fmt.Fprintf(w, "%-24s %-7s %6s %5s %7s %9s %9s   %-18s %-18s %s\n", "fault", "", "calls",
		"lost", "others", "recovery", "back", "before: 50 99 max", "during", "after (ms)")
	for _, r := range reports {
		fmt.Fprintf(w, "%-24s %-7s %6d %5d %7d %9s %9s   %-18v %-18v %v\n", r.Fault, r.Protocol, r.Calls,
			total(r.Lost), total(r.Others), span(r.Recovery), span(r.Back), r.Before, r.During, r.After)
		for _, failed := range []struct {
			what  string
			kinds map[string]int
		}{{"attempts", r.Attempts}, {"idempotent calls", r.Lost}, {"other calls", r.Others}} {
			if len(failed.kinds) > 0 {
				fmt.Fprintf(w, "  %s that failed: %s\n", failed.what, list(failed.kinds))
			}
		}
		if r.Disturbed > 0 {
			fmt.Fprintf(w, "  left out, for the machine stood still: %d calls of both protocols\n", r.Disturbed)
		}
	}
}

func (q Quantiles) String() string {
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	return fmt.Sprintf("%.1f %.1f %.0f", ms(q.P50), ms(q.P99), ms(q.Max))
}

func span(d time.Duration) string {
	if d < 0 {
		return "-"
	}
	return d.Round(time.Millisecond).String()
}

func total(kinds map[string]int) (n int) {
	for _, k := range kinds {
		n += k
	}
	return n
}

func list(kinds map[string]int) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(&b, ", %d %s", kinds[k], k)
	}
	return strings.TrimPrefix(b.String(), ", ")
}
