package vologrpc_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A server of net/http has pages, and gRPC beside them on the same port.
func ExampleServer_ServeHTTP() {
	services := vologrpc.NewServer()
	services.Register(service(notes{get: func(ctx context.Context, in *note) (*note, error) {
		return of("note " + in.Value), nil
	}}))

	mux := http.NewServeMux()
	mux.Handle("/test.v1.Notes/", services)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a page") })

	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // or SetHTTP2, with TLS
	server := &http.Server{Handler: mux, Protocols: &protocols}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(l)
	defer server.Shutdown(context.Background())
	defer services.Shutdown(context.Background())

	client, err := vologrpc.NewClient(l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	out := new(note)
	err = client.Unary(context.Background(), methodGet, of("7"), out)
	fmt.Println(out.Value, err)

	browser := &http.Client{Transport: &http.Transport{}}
	defer browser.CloseIdleConnections()
	resp, err := browser.Get("http://" + l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	fmt.Println(string(page), err)
	// Output:
	// note 7 <nil>
	// a page <nil>
}
