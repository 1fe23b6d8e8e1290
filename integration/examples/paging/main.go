// Command paging reads a list of unknown length. Thrift has no streams: a
// method returns one value, once. What is long goes in pages, and a cursor in
// each page says where the next one begins, so that the server remembers
// nothing between calls. With an iterator, callers see one list.
package main

import (
	"context"
	"fmt"
	"iter"
	"log"
	"net"
	"strconv"

	"github.com/volo-go/volo/integration/examples/paging/gen/journal"
	"github.com/volo-go/volo/integration/examples/paging/gen/journal/journalthrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A chronicle implements the service.
type chronicle []string

func (c chronicle) Read(ctx context.Context, cursor string) (*journal.Page, error) {
	const size = 2
	at := 0
	if cursor != "" {
		var err error
		if at, err = strconv.Atoi(cursor); err != nil || at < 0 || at > len(c) {
			return nil, &volothrift.BizError{Status: 400, Message: "no page begins at " + cursor}
		}
	}
	end := min(at+size, len(c))
	page := &journal.Page{Lines: c[at:end]}
	if end < len(c) {
		page.Next = new(strconv.Itoa(end))
	}
	return page, nil
}

// lines iterates over the whole journal, with a call per page as it gets there.
func lines(ctx context.Context, client journalthrift.Journal) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for cursor := ""; ; {
			page, err := client.Read(ctx, cursor)
			if err != nil {
				yield("", err)
				return
			}
			for _, line := range page.Lines {
				if !yield(line, nil) {
					return
				}
			}
			if page.Next == nil {
				return
			}
			cursor = *page.Next
		}
	}
}

func main() {
	server := volothrift.NewServer()
	if err := server.Register(journalthrift.NewJournalService(chronicle{"dust", "rain", "sun", "wind", "snow"})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	client, err := journalthrift.NewJournalClient(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	for line, err := range lines(context.Background(), client) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(line)
	}
	_, err = client.Read(context.Background(), "the end")
	fmt.Println(err)
}
