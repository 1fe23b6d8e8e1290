// Command h2peer is an HTTP/2 server made of package http2 alone, for h2spec:
// it answers every request with a short message. It prints its address, and
// serves until its standard input ends.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

var (
	head = &http2.Block{Fields: []http2.Field{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/grpc"}}}
	tail = &http2.Block{Fields: []http2.Field{{Name: "grpc-status", Value: "0"}}}
)

// answer serves every stream alike.
type answer struct{}

// Begin waits for the whole request.
func (answer) Begin(*http2.ServerStream) bool { return true }

// Run answers it, whatever it was.
func (answer) Run(s *http2.ServerStream) {
	defer s.Done()
	body := append(make([]byte, http2.EnvelopeSize), "hello"...)
	http2.PutEnvelope(body, false)
	s.Finish(head, nil, body, tail, nil, http2.Bound{})
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	workers := http2.NewWorkers(answer{})
	tl := (&transport.ListenConfig{}).Wrap(l)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		tl.Close()
	}()
	tl.Serve(func(c *transport.Conn) transport.ConnHandler {
		return http2.NewServer(c, &http2.Config{}, answer{}, workers, nil)
	})
	tl.Wait()
	workers.Close()
}
