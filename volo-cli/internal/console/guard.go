package console

import (
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// tokenHeader carries the token.
const tokenHeader = "Volo-Console-Token"

// policy lets the page use its own files, connect to its own server, and
// nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// ServeHTTP serves the page and its API to who may have them, see the package.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if err := c.admit(r); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	c.mux.ServeHTTP(w, r)
}

// admit says why a request must not be served, nil if it may be.
func (c *Console) admit(r *http.Request) error {
	if !numeric(r.Host) {
		return fmt.Errorf("console: addressed to %q; use localhost or the address in numbers", r.Host)
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return fmt.Errorf("console: sent by a page of %q", origin)
	}
	// Browsers tell who makes them ask: nobody (an address that was typed), this
	// page, or another one.
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "" || site == "none" || site == "same-origin":
	case r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Method == http.MethodGet && !api(r):
		// A link to the page may stand anywhere.
	default:
		return fmt.Errorf("console: sent by a page of another site (%s)", site)
	}
	if !api(r) {
		return nil
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(c.token)) != 1 {
		return fmt.Errorf("console: the token is missing or that of another start; open the URL that volo console has printed")
	}
	return nil
}

func api(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// numeric reports whether a host is localhost or an address, which nobody
// else's DNS can make of it.
func numeric(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	_, err = netip.ParseAddr(host)
	return err == nil
}
