package channelz_test

import (
	"fmt"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/channelz"
)

func Example() {
	server := vologrpc.NewServer()
	stock, err := vologrpc.NewClient("stock.example:8888")
	if err != nil {
		panic(err)
	}
	defer stock.Close()

	z := channelz.New()
	z.AddServer("shop", server)
	z.AddClient("stock", stock)
	if err := server.Register(z.Service()); err != nil {
		panic(err)
	}
	fmt.Println(server.Services()[0].Name)
	// Output: grpc.channelz.v1.Channelz
}
