// Command services puts two services on one port. Both have a method Find; the
// client's header says which service it means. (A peer that sends no header
// can still reach methods whose names are unique, and the others by Apache's
// multiplexed names, "Cart:Find".)
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"sync"

	"github.com/volo-go/volo/integration/examples/services/gen/shop"
	"github.com/volo-go/volo/integration/examples/services/gen/shop/shopthrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A catalog implements the first service.
type catalog map[string]int32

func (c catalog) Find(ctx context.Context, name string) (*shop.Item, error) {
	return &shop.Item{Name: name, Cents: c[name]}, nil
}

// A cart implements the second one. Calls come concurrently, hence the lock.
type cart struct {
	mu    sync.Mutex
	items []*shop.Item
}

func (c *cart) Add(ctx context.Context, item *shop.Item) (int32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items = append(c.items, item)
	return int32(len(c.items)), nil
}

func (c *cart) Find(ctx context.Context, name string) (n int32, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, item := range c.items {
		if item.Name == name {
			n++
		}
	}
	return n, nil
}

func main() {
	server := volothrift.NewServer()
	for _, service := range []*volothrift.Service{
		shopthrift.NewCatalogService(catalog{"teapot": 2500}),
		shopthrift.NewCartService(new(cart)),
	} {
		if err := server.Register(service); err != nil {
			log.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()

	// Both clients share the connections of one.
	peer, err := volothrift.NewClient(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer peer.Close()
	goods, mine := shopthrift.CatalogOver(peer), shopthrift.CartOver(peer)

	ctx := context.Background()
	teapot, err := goods.Find(ctx, "teapot")
	fmt.Println(teapot, err)
	fmt.Println(mine.Add(ctx, teapot))
	fmt.Println(mine.Find(ctx, "teapot"))
}
