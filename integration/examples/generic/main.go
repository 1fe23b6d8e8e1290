// Command generic calls a service that it was not compiled with: it reads the
// IDL when it starts, and speaks JSON.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log"
	"net"

	"github.com/volo-go/volo/integration/examples/generic/gen/shop"
	"github.com/volo-go/volo/integration/examples/generic/gen/shop/shopthrift"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

//go:embed shop.thrift
var idl embed.FS

func main() {
	address, stop := serve()
	defer stop()

	// What generated code would know comes from the IDL.
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"shop.thrift"}, ReadFile: idl.ReadFile})
	if files == nil {
		log.Fatal(diagnostics)
	}
	service := files[0].Service("Shop")
	for _, m := range service.AllMethods() {
		fmt.Printf("%s returns %s: %s\n", m.Name, m.Success().Type, m.Doc)
	}

	over, err := volothrift.NewClient(address)
	if err != nil {
		log.Fatal(err)
	}
	defer over.Close()
	client := generic.NewClient(over, service, generic.Options{})
	call(client, `{"id": 7}`)
	call(client, `{"id": 404}`)
	call(client, `{"id": "seven"}`)
	masked(over, service)
}

func call(client *generic.Client, args string) {
	item, err := client.CallJSON(context.Background(), "find", []byte(args))
	var declared *generic.Exception
	switch {
	case errors.As(err, &declared):
		fmt.Println("declared:", declared)
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println(string(item))
	}
}

// masked shows a part of the answer only: the rest is not even decoded.
func masked(over *volothrift.Client, service *descriptor.Service) {
	plain := generic.NewClient(over, service, generic.Options{})
	answer, err := plain.CallBinary(context.Background(), "find", []byte{10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0})
	if err != nil {
		log.Fatal(err)
	}
	result := service.Method("find").Result.Type()
	mask, err := fieldmask.Allow(result, "$.success.tags[0]", `$.success.prices{"EUR"}`)
	if err != nil {
		log.Fatal(err)
	}
	text, err := dynamic.ToJSON(nil, result, answer, dynamic.Options{Mask: mask})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}

// A keeper is the service, compiled as usual.
type keeper struct{}

func (keeper) Find(_ context.Context, id int64) (*shop.Item, error) {
	if id != 7 {
		return nil, &shop.NotFound{ID: id}
	}
	return &shop.Item{ID: id, Name: "lamp", Tags: []string{"old", "heavy"}, Prices: map[string]int64{"EUR": 1200}}, nil
}

func serve() (address string, stop func()) {
	server := volothrift.NewServer()
	if err := server.Register(shopthrift.NewShopService(keeper{})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	return listener.Addr().String(), func() { server.Close() }
}
