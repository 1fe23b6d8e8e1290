// Package report turns the samples of a benchmark into medians, ratios,
// targets met or missed, a table and JSON.
//
// A [Sample] is one round of one peer. Peers of one configuration run in turn
// inside each round, so that what changes slowly on a machine hits all of them
// alike; therefore a ratio is taken inside each round, and what is reported is
// the median of these paired ratios.
package report
