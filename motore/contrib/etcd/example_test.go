package etcd_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/volo-go/volo/motore/contrib/etcd"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// What a server and a client do with a registry, done by hand.
func Example() {
	endpoint, stop := exampleEtcd()
	defer stop()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, Logger: zap.NewNop()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	registry := etcd.New(client, etcd.Config{TTL: 10 * time.Second})

	ctx, leave := context.WithCancel(context.Background())
	left := make(chan error)
	go func() {
		left <- registry.Register(ctx, "shop.item", discovery.Instance{Address: rpc.TCP("192.0.2.1:8888"), Weight: 20})
	}()
	watch, enough := context.WithCancel(context.Background())
	defer enough()
	err = registry.Watch(watch, "shop.item", func(instances []discovery.Instance) {
		for _, in := range instances {
			fmt.Println(in.Address, in.Weight)
			enough()
		}
	})
	fmt.Println(err)
	leave()
	fmt.Println(<-left)
	// Output:
	// 192.0.2.1:8888 20
	// context canceled
	// <nil>
}

// exampleEtcd starts an etcd in this process.
func exampleEtcd() (endpoint string, stop func()) {
	c := embed.NewConfig()
	c.Dir, _ = os.MkdirTemp("", "etcd")
	c.TickMs, c.ElectionMs, c.UnsafeNoFsync = 10, 100, true
	c.LogOutputs = []string{os.DevNull}
	anyPort := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	c.ListenClientUrls, c.ListenPeerUrls = anyPort, anyPort
	e, err := embed.StartEtcd(c)
	if err != nil {
		panic(err)
	}
	<-e.Server.ReadyNotify()
	return e.Clients[0].Addr().String(), func() {
		e.Close()
		os.RemoveAll(c.Dir)
	}
}
