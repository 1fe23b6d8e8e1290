package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// A registry is what serves a board.
type registry struct {
	mu    sync.Mutex
	pages map[string]map[string]bool // addresses by path
}

func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pages == nil {
		r.pages = make(map[string]map[string]bool)
	}
	page := r.pages[req.URL.Path]
	if page == nil {
		page = make(map[string]bool)
		r.pages[req.URL.Path] = page
	}
	address, err := url.QueryUnescape(req.URL.RawQuery)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch req.Method {
	case http.MethodPut:
		page[address] = true
	case http.MethodDelete:
		delete(page, address)
	}
	for _, address := range slices.Sorted(maps.Keys(page)) {
		fmt.Fprintln(w, address)
	}
}
