package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The debug page in a browser, which runs its script and obeys its policy:
//
//	go test -v -run TestThePageInABrowser ./integration/examples/observability
func TestThePageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("there is no Chromium on this machine")
	}
	s, _ := open(t)
	s.stock.Count(t.Context(), "pencil")
	s.stock.Count(t.Context(), "")
	var renewed atomic.Int32
	pages := s.handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if renewed.Add(1) == 2 {
			s.stock.Count(t.Context(), "pencil") // what the first page does not know of
		}
		pages.ServeHTTP(w, r)
	}))
	defer server.Close()

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dom, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=5000", "--dump-dom", server.URL+"/debug/volo").Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	page := string(dom)
	if n := renewed.Load(); n < 2 {
		t.Errorf("the page was asked for %d times, want it to renew itself", n)
	}
	if !strings.Contains(page, `aria-pressed="true">live</button>`) {
		t.Error("the script has not run: the button is not there")
	}
	if got := regexp.MustCompile(`<b>Stock</b>.Count</td><td>client, thrift</td><td class="n">(\d+)</td>`).FindStringSubmatch(page); got == nil || got[1] != "3" {
		t.Errorf("the client's calls: %q, want 3, one of which came with the renewal, in\n%s", got, page)
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("the template has refused a value")
	}
}
