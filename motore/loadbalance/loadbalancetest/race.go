//go:build race

package loadbalancetest

const raceEnabled = true
