package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A board is the URL of a registry that this company has had for years: a
// page with the addresses of a service, one to a line, which whoever serves
// puts there and deletes again.
type board string

// Watch makes a board a discovery.Discoverer: it asks again and again.
func (b board) Watch(ctx context.Context, service string, update func([]discovery.Instance)) error {
	for {
		page, err := b.do(ctx, http.MethodGet, service, "")
		if err != nil {
			return err // whoever watches keeps what it knows and tries again
		}
		var instances []discovery.Instance
		for line := range strings.Lines(page) {
			if address, err := rpc.ParseAddress(strings.TrimSpace(line)); err == nil {
				instances = append(instances, discovery.Instance{Address: address})
			}
		}
		update(discovery.Distinct(instances))
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Register makes it a discovery.Registrar.
func (b board) Register(ctx context.Context, service string, in discovery.Instance) error {
	_, err := b.do(ctx, http.MethodPut, service, in.Address.String())
	if err != nil && ctx.Err() == nil {
		return err // whoever registers pauses and tries again
	}
	<-ctx.Done()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, err = b.do(late, http.MethodDelete, service, in.Address.String())
	return err
}

func (b board) do(ctx context.Context, method, service, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, string(b)+"/"+service+"?"+url.QueryEscape(address), nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("board: %s", resp.Status)
	}
	return string(page), err
}
