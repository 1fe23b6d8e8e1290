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

	"github.com/volo-go/volo/integration/browser"
)

// The debug page in a browser, which runs its script and obeys its policy:
//
//	go test -v -run TestThePageInABrowser ./integration/examples/observability
func TestThePageInABrowser(t *testing.T) {
	chromium := browser.Find(t)
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
	args := append(browser.Flags(t), "--virtual-time-budget=5000", "--dump-dom", server.URL+"/debug/volo")
	dom, err := exec.CommandContext(ctx, chromium, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", chromium, err)
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
