package report

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// A Row sums up the rounds of one peer.
type Row struct {
	Config
	Peer    string             `json:"peer"`
	Rounds  int                `json:"rounds"`
	Errors  uint64             `json:"errors"`
	Medians map[string]float64 `json:"medians"` // by the name of the metric

	// Speed and Cost compare requests per second and server CPU with the
	// first peer's, of the same rounds.
	Base  string `json:"base"`
	Speed Ratio  `json:"speed"`
	Cost  Ratio  `json:"server_cpu"`
}

// Rows sums up samples: one row a configuration and peer, in the order of
// their first samples. The base of a row is base if it was measured in that
// configuration, and otherwise the configuration's first peer.
func Rows(samples []Sample, base string) []Row {
	var rows []Row
	for _, group := range configs(samples) {
		peers := peersOf(group)
		against := peers[0]
		if slices.Contains(peers, base) {
			against = base
		}
		for _, peer := range peers {
			rows = append(rows, row(of(group, peer), of(group, against)))
		}
	}
	return rows
}

func row(samples, base []Sample) Row {
	r := Row{
		Config:  samples[0].Config,
		Peer:    samples[0].Peer,
		Rounds:  len(samples),
		Medians: make(map[string]float64),
		Base:    base[0].Peer,
		Speed:   Paired(PerSecond, samples, base),
		Cost:    Paired(ServerCPU, samples, base),
	}
	for _, s := range samples {
		r.Errors += s.Errors
	}
	for _, m := range metrics() {
		r.Medians[m.Name] = median(m, samples)
	}
	return r
}

func median(m Metric, samples []Sample) float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, m.Of(s))
	}
	return Median(values)
}

// configs groups samples by configuration.
func configs(samples []Sample) [][]Sample {
	var groups [][]Sample
	for _, s := range samples {
		i := slices.IndexFunc(groups, func(g []Sample) bool { return g[0].Config == s.Config })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], s)
	}
	return groups
}

// peersOf lists the peers of samples, in the order of their first ones.
func peersOf(samples []Sample) []string {
	var peers []string
	for _, s := range samples {
		if !slices.Contains(peers, s.Peer) {
			peers = append(peers, s.Peer)
		}
	}
	return peers
}

// of returns the samples of one peer.
func of(samples []Sample, peer string) []Sample {
	var its []Sample
	for _, s := range samples {
		if s.Peer == peer {
			its = append(its, s)
		}
	}
	return its
}

// WriteCalls writes one table for every configuration.
func WriteCalls(w io.Writer, rows []Row) error {
	for len(rows) > 0 {
		config := rows[0].Config
		n := slices.IndexFunc(rows, func(r Row) bool { return r.Config != config })
		if n < 0 {
			n = len(rows)
		}
		if err := writeConfig(w, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func writeConfig(w io.Writer, rows []Row) error {
	c := rows[0].Config
	pinned := "one core a side"
	if !c.Pinned {
		pinned = "not pinned"
	}
	if c.Idle > 0 {
		pinned += ", " + count(c.Idle, "idle connection")
	}
	_, err := fmt.Fprintf(w, "%s, %s, messages of %d B, %s, medians of %s, × = median of paired ratios to %s\n",
		c.Scenario, count(c.Callers, "caller"), c.Size, pinned, count(rows[0].Rounds, "round"), rows[0].Base)
	if err != nil {
		return err
	}
	head := []string{"peer", "× req/s", "× server µs"}
	for _, m := range metrics() {
		head = append(head, m.Name)
	}
	t := table{append(head, "errors")}
	for _, r := range rows {
		line := []string{r.Peer, times(r.Speed.Median), times(r.Cost.Median)}
		for _, m := range metrics() {
			line = append(line, m.text(r.Medians[m.Name]))
		}
		t = append(t, append(line, fmt.Sprint(r.Errors)))
	}
	return t.write(w)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// times formats a factor, which is NaN where there is nothing to compare.
func times(factor float64) string {
	if math.IsNaN(factor) {
		return "–"
	}
	return fmt.Sprintf("%.2f", factor)
}
