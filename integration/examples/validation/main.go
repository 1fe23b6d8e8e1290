// Command validation refuses what breaks the rules that the IDL states in
// annotations vt.*: one layer asks the arguments of every call.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"

	"github.com/volo-go/volo/integration/examples/validation/gen/signup"
	"github.com/volo-go/volo/integration/examples/validation/gen/signup/signupthrift"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// validate answers calls whose arguments break a rule.
func validate(next volothrift.Handler) volothrift.Handler {
	return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
		if v, ok := req.Args.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return nil, &thrift.ApplicationException{Type: thrift.ValidationFailed, Message: err.Error()}
			}
		}
		return next.Call(ctx, req)
	})
}

type desk struct{}

func (desk) Register(_ context.Context, account *signup.Account) (int64, error) {
	return int64(len(account.Name)), nil
}

func main() {
	server := volothrift.NewServer(volothrift.WithLayers(validate))
	if err := server.Register(signupthrift.NewSignupService(desk{})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	client, err := signupthrift.NewSignupClient(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	for _, account := range []*signup.Account{
		{Name: "ada", Age: 36, Mails: []string{"ada@example.org"}},
		{Name: "Ada", Age: 36, Mails: []string{"ada@example.org"}},
		{Name: "ada", Age: 7, Mails: []string{"ada@example.org"}},
		{Name: "ada", Age: 36, Mails: []string{"ada@example.org", "nowhere"}},
	} {
		id, err := client.Register(context.Background(), account)
		if refused, ok := errors.AsType[*thrift.ApplicationException](err); ok {
			fmt.Println(refused.Message)
			continue
		}
		fmt.Println("registered", id)
	}
}
