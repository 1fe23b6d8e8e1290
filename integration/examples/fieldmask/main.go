// Command fieldmask sends parts of messages: what a caller does not want is
// neither encoded by the server nor decoded by a client that is given too much.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"strings"

	"github.com/volo-go/volo/integration/examples/fieldmask/gen/catalogue"
	"github.com/volo-go/volo/integration/examples/fieldmask/gen/catalogue/cataloguethrift"
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

func main() {
	address, stop := serve()
	defer stop()
	client, err := cataloguethrift.NewCatalogueClient(address)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	show(client)
	show(client, "$.name", "$.reviews[*].by", `$.prices{"EUR"}`)
	show(client, "$.colour")
	receive()
}

// show asks for paths of the item.
func show(client cataloguethrift.Catalogue, paths ...string) {
	item, err := client.Find(context.Background(), 7, paths)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d bytes: %.70v\n", item.BinarySize(), item)
}

// A shelf is the service. Its code was generated with_field_mask.
type shelf struct{}

func (shelf) Find(_ context.Context, id int64, paths []string) (*catalogue.Item, error) {
	item := lamp(id)
	if len(paths) == 0 {
		return item, nil
	}
	// A path that is no path of an item is the caller's mistake.
	mask, err := fieldmask.Allow(item.Descriptor().Type(), paths...)
	if err != nil {
		return nil, &catalogue.Mistaken{Path: err.Error()}
	}
	item.SetFieldMask(mask)
	return item, nil
}

// receive decodes a message without what is long in it. Here the mask says
// what does not pass.
func receive() {
	wire, err := thrift.Marshal(lamp(8))
	if err != nil {
		log.Fatal(err)
	}
	item := new(catalogue.Item)
	mask, err := fieldmask.Deny(item.Descriptor().Type(), "$.manual", "$.reviews[*].text")
	if err != nil {
		log.Fatal(err)
	}
	item.SetFieldMask(mask)
	if err := thrift.Unmarshal(wire, item); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("of %d bytes: %v\n", len(wire), item)
}

func lamp(id int64) *catalogue.Item {
	return &catalogue.Item{
		ID: id, Name: "lamp", Manual: strings.Repeat("Do not open. ", 100),
		Reviews: []*catalogue.Review{{By: "Ada", Text: strings.Repeat("bright ", 50)}},
		Prices:  map[string]int64{"EUR": 1200},
	}
}

func serve() (address string, stop func()) {
	server := volothrift.NewServer()
	if err := server.Register(cataloguethrift.NewCatalogueService(shelf{})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	return listener.Addr().String(), func() { server.Close() }
}
