// Package browser drives a headless Chromium in tests, over the pipes that
// Chromium has for it (--remote-debugging-pipe), with the standard library
// only. A machine without Chromium skips such tests.
//
//	p := browser.Open(t, url)
//	p.Click("#send")
//	p.Wait(`document.querySelector(".badge")?.textContent === "OK"`)
//
// Whatever a page is waited for has a minute; nothing sleeps and hopes. What
// the page reports as an error, thrown or written to the console, fails the
// test when it ends.
package browser

import (
	"os/exec"
	"testing"
	"time"
)

// patience is how long a page is waited for.
const patience = time.Minute

// Find returns where Chromium is, or skips the test.
func Find(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium on this machine")
	return ""
}

// Flags are those for a Chromium of its own, without a screen and without
// anything that it would ask others for.
func Flags(t *testing.T) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--user-data-dir=" + t.TempDir(),
	}
}
