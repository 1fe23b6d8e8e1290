//go:build !race

package metainfo_test

const raceEnabled = false
