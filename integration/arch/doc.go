// Package arch keeps the arrows of ARCHITECTURE.md: which package of Volo may
// import which other, and who may use which third-party module. The arrows are
// tables of sentences in rules.go; [Load] reads the import graph with
// `go list -deps -json`, [Check] compares the two and shows, for every arrow
// that points up, the chain of imports that makes it so.
package arch
