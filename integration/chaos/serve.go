package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/stockthrift"
	stockv1 "github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1"
	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1/stockv1grpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// ServeArg is the first argument of a process that is an instance; see [Serve].
const ServeArg = "chaos-instance"

// work is how long an instance takes for a call.
const work = 2 * time.Millisecond

// Serve is an instance: it serves both protocols at the addresses args[0] and
// args[1], and prints where that is. It notes each call that it runs in the file
// args[2]. SIGTERM, or the end of in, ends it in order.
func Serve(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 3 {
		return errors.New("chaos: an instance needs two addresses and a file")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	journal, err := os.OpenFile(args[2], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer journal.Close()

	overThrift, overGRPC := volothrift.NewServer(), vologrpc.NewServer()
	err = errors.Join(
		overThrift.Register(stockthrift.NewStockService(shelf{journal})),
		overGRPC.Register(stockv1grpc.NewStockService(grpcShelf{shelf{journal}})))
	if err != nil {
		return err
	}
	first, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	second, err := net.Listen("tcp", args[1])
	if err != nil {
		return err
	}
	ended := make(chan error, 3)
	go func() { ended <- overThrift.Serve(first) }()
	go func() { ended <- overGRPC.Serve(second) }()
	go func() { // whoever has started us is gone
		bufio.NewReader(in).ReadByte()
		ended <- nil
	}()
	fmt.Fprintln(out, first.Addr(), second.Addr())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(overThrift.Shutdown(patience), overGRPC.Shutdown(patience))
}

// A shelf answers with a number that tells calls apart.
type shelf struct{ journal *os.File }

func (s shelf) Count(ctx context.Context, item string) (int64, error) {
	if _, err := s.journal.WriteString(item + "\n"); err != nil { // one write a line, whole even if we are killed
		return 0, err
	}
	time.Sleep(work)
	return sum(item), nil
}

type grpcShelf struct{ shelf }

func (s grpcShelf) Count(ctx context.Context, req *stockv1.CountRequest) (*stockv1.CountResponse, error) {
	n, err := s.shelf.Count(ctx, req.Item)
	return &stockv1.CountResponse{Number: n}, err
}

func sum(item string) int64 {
	h := fnv.New64a()
	io.WriteString(h, item)
	return int64(h.Sum64())
}
