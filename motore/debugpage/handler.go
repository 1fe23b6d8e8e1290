package debugpage

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed page.html
var layout string

//go:embed page.css
var style string

//go:embed page.js
var script string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"ago": ago, "took": took, "bytes": size, "percent": percent, "chart": chart, "short": short, "count": count, "dict": dict,
}).Parse(layout))

// A view is what the template is given.
type view struct {
	Snapshot
	Nonce  string
	Style  template.CSS
	Script template.JS
	Pprof  string
}

// ServeHTTP answers with the page, or with its [Snapshot] as JSON.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "debugpage: the page can only be looked at", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Vary", "Accept")
	var b bytes.Buffer
	var err error
	if wantsJSON(r) {
		h.Set("Content-Type", "application/json; charset=utf-8")
		e := json.NewEncoder(&b)
		e.SetIndent("", "  ")
		err = e.Encode(p.Snapshot())
	} else {
		nonce := rand.Text()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", fmt.Sprintf(
			"default-src 'none'; style-src 'nonce-%[1]s'; script-src 'nonce-%[1]s'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", nonce))
		err = page.Execute(&b, view{p.Snapshot(), nonce, template.CSS(style), template.JS(script), strings.TrimSuffix(p.config.Pprof, "/")})
	}
	if err != nil {
		http.Error(w, "debugpage: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(b.Bytes())
}

func wantsJSON(r *http.Request) bool {
	return r.URL.Query().Get("format") == "json" || strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// took writes seconds as people read them.
func took(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d <= 0:
		return "–"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// ago writes how long before now something was.
func ago(now, then time.Time) string { return took(max(now.Sub(then).Seconds(), 0.000001)) }

// size writes bytes as people read them.
func size(n uint64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/1024, 0
	for ; f >= 1024 && i < len(units)-1; i++ {
		f /= 1024
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}

// count writes a number in groups of three.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

// percent is part of whole, from 0 to 100.
func percent(part, whole int) int {
	if whole <= 0 {
		return 0
	}
	return min(100*part/whole, 100)
}

// dict makes a map of names and values, for a template within the template.
func dict(pairs ...any) map[string]any {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// short leaves out the package of a service's name.
func short(service string) string { return service[strings.LastIndexByte(service, '.')+1:] }

// A bar is one second of the chart, in its units.
type bar struct {
	X, Y, Height, FailedY, FailedHeight float64
	Beat
}

// A diagram is what the chart is drawn from.
type diagram struct {
	Bars  []bar
	Peak  int64 // calls in the busiest second
	Calls int64
	Bad   int64
}

// chartHeight is that of the busiest second.
const chartHeight = 100.0

func chart(beats []Beat) diagram {
	d := diagram{}
	for _, b := range beats {
		d.Peak, d.Calls, d.Bad = max(d.Peak, b.Calls), d.Calls+b.Calls, d.Bad+b.Failed
	}
	for i, b := range beats {
		high, failed := 0.0, 0.0
		if d.Peak > 0 {
			high, failed = chartHeight*float64(b.Calls)/float64(d.Peak), chartHeight*float64(b.Failed)/float64(d.Peak)
		}
		d.Bars = append(d.Bars, bar{float64(10 * i), chartHeight - high, high, chartHeight - failed, failed, b})
	}
	return d
}
