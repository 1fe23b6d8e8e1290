// Command web lets web pages call a gRPC service: by gRPC-Web, on the port that
// gRPC clients use as well. [vologrpc.WithWeb] is all it takes; it also says
// whose pages may call.
//
// The page here is a client of gRPC-Web by somebody else, over HTTP/1.1, as
// JavaScript would be.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"

	"connectrpc.com/connect"

	"github.com/volo-go/volo/integration/examples/web/gen/quotes"
	"github.com/volo-go/volo/integration/examples/web/gen/quotes/quotesgrpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A market implements the service.
type market map[string]int64

func (m market) Last(ctx context.Context, req *quotes.LastRequest) (*quotes.Quote, error) {
	cents, ok := m[req.Symbol]
	if !ok {
		return nil, vologrpc.Errorf(vologrpc.NotFound, "nobody trades %s", req.Symbol)
	}
	return &quotes.Quote{Symbol: req.Symbol, Cents: cents}, nil
}

func (m market) Watch(ctx context.Context, req *quotes.WatchRequest, stream *vologrpc.Sender[quotes.Quote]) error {
	for i := range req.Count {
		if err := stream.Send(&quotes.Quote{Symbol: req.Symbol, Cents: m[req.Symbol] + int64(i)}); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	server := vologrpc.NewServer(vologrpc.WithWeb(vologrpc.Web{
		Origins: []string{"https://broker.example"},
	}))
	if err := server.Register(quotesgrpc.NewQuotesService(market{"VOLO": 4200})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	addr := listener.Addr().String()

	program(addr)
	page("http://" + addr)
	for _, origin := range []string{"https://broker.example", "https://elsewhere.example"} {
		ask("http://"+addr, origin)
	}
}

// program calls by gRPC.
func program(addr string) {
	client, err := quotesgrpc.NewQuotesClient(addr)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	quote, err := client.Last(context.Background(), &quotes.LastRequest{Symbol: "VOLO"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a program:", quote.Cents)
}

// page calls by gRPC-Web.
func page(url string) {
	browser := &http.Client{Transport: &http.Transport{}}
	defer browser.CloseIdleConnections()
	last := connect.NewClient[quotes.LastRequest, quotes.Quote](browser, url+"/quotes.Quotes/Last", connect.WithGRPCWeb())
	quote, err := last.CallUnary(context.Background(), connect.NewRequest(&quotes.LastRequest{Symbol: "VOLO"}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a page:", quote.Msg.Cents)

	_, err = last.CallUnary(context.Background(), connect.NewRequest(&quotes.LastRequest{Symbol: "OLOV"}))
	fmt.Println("a page:", err)

	watch := connect.NewClient[quotes.WatchRequest, quotes.Quote](browser, url+"/quotes.Quotes/Watch", connect.WithGRPCWeb())
	stream, err := watch.CallServerStream(context.Background(), connect.NewRequest(&quotes.WatchRequest{Symbol: "VOLO", Count: 3}))
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	for stream.Receive() {
		fmt.Println("a page watches:", stream.Msg().Cents)
	}
	if err := stream.Err(); err != nil {
		log.Fatal(err)
	}
}

// ask asks as a browser does before a page calls a server that is not its own.
func ask(url, origin string) {
	req, err := http.NewRequest(http.MethodOptions, url+"/quotes.Quotes/Last", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Access-Control-Request-Method", "POST")
	req.Header.Set("Access-Control-Request-Headers", "content-type,x-grpc-web")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	fmt.Printf("may a page of %s call? %s\n", origin, resp.Status)
}
