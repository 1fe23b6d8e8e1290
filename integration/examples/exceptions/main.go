// Command exceptions shows the three ways in which a call can fail, and how a
// client tells them apart: with errors.As, always.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/volo-go/volo/integration/examples/exceptions/gen/bank"
	"github.com/volo-go/volo/integration/examples/exceptions/gen/bank/bankthrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A teller implements the service.
type teller struct{}

func (teller) Withdraw(ctx context.Context, account string, amount int64) (int64, error) {
	const balance = 100
	switch {
	case account == "slow":
		<-ctx.Done() // the caller's deadline reaches us
		return 0, context.Cause(ctx)
	case account != "savings":
		return 0, errors.New("the vault is on fire")
	case amount <= 0:
		return 0, &volothrift.BizError{Status: 4001, Message: "nothing to withdraw", Extra: map[string]string{"account": account}}
	case amount > balance:
		return 0, fmt.Errorf("the book says no: %w", &bank.Overdrawn{Balance: balance})
	}
	return balance - amount, nil
}

func main() {
	server := volothrift.NewServer()
	if err := server.Register(bankthrift.NewBankService(teller{})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	client, err := bankthrift.NewBankClient(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	withdraw(client, "savings", 30)
	withdraw(client, "savings", 300)
	withdraw(client, "savings", 0)
	withdraw(client, "current", 30)
	withdraw(client.With(volothrift.CallTimeout(10*time.Millisecond)), "slow", 30)
}

func withdraw(client *bankthrift.BankClient, account string, amount int64) {
	left, err := client.Withdraw(context.Background(), account, amount)
	var overdrawn *bank.Overdrawn
	var business *volothrift.BizError
	var call *volothrift.Error
	switch {
	case err == nil:
		fmt.Println("left:", left)
	case errors.As(err, &overdrawn):
		// The IDL declares it, so it has a type; the server may wrap it.
		fmt.Println("declared: the balance is", overdrawn.Balance)
	case errors.As(err, &business):
		// The IDL does not know it; it travels beside the answer.
		fmt.Println("business:", business.Status, business.Message, business.Extra)
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("time is up")
	case errors.As(err, &call):
		// Everything else names the phase in which the call failed.
		fmt.Printf("call: %v: %v\n", call.Phase, call.Err)
	}
}
