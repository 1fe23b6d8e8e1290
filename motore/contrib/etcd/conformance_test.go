package etcd_test

import (
	"context"
	"encoding/json"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/volo-go/volo/motore/contrib/etcd"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
)

const service = "shop.item"

// put writes what Kitex's registry-etcd would.
func put(t testing.TB, c *clientv3.Client, instances []discovery.Instance) {
	t.Helper()
	folder := prefix(t) + "/" + service + "/"
	keep := map[string]bool{}
	var writes []clientv3.Op
	for _, in := range instances {
		network, address := in.Address.Dial()
		text, err := json.Marshal(map[string]any{"network": network, "address": address, "weight": in.Weight, "tags": in.Tags})
		if err != nil {
			t.Fatal(err)
		}
		keep[folder+address] = true
		writes = append(writes, clientv3.OpPut(folder+address, string(text)))
	}
	now := do(t, func(ctx context.Context) (*clientv3.GetResponse, error) {
		return c.Get(ctx, folder, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	})
	for _, kv := range now.Kvs {
		if !keep[string(kv.Key)] {
			writes = append(writes, clientv3.OpDelete(string(kv.Key)))
		}
	}
	do(t, func(ctx context.Context) (*clientv3.TxnResponse, error) { return c.Txn(ctx).Then(writes...).Commit() })
}

func TestRegistryIsADiscoverer(t *testing.T) {
	m := startMember(t)
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		c := m.client(m.line)
		return discoverytest.Subject{
			Discoverer: etcd.New(c, etcd.Config{Prefix: prefix(t)}),
			Service:    service,
			Set:        func(t *testing.T, instances []discovery.Instance) { put(t, c, instances) },
		}
	})
}

func TestRegistryIsARegistrar(t *testing.T) {
	m := startMember(t)
	discoverytest.RunRegistrar(t, func(t *testing.T) discoverytest.RegistrarSubject {
		c := m.client(m.line)
		r := etcd.New(c, etcd.Config{Prefix: prefix(t)})
		return discoverytest.RegistrarSubject{
			Registrar:  r,
			Discoverer: r,
			Service:    service,
			Lose: func(t *testing.T) {
				do(t, func(ctx context.Context) (*clientv3.DeleteResponse, error) {
					return c.Delete(ctx, prefix(t)+"/"+service+"/", clientv3.WithPrefix())
				})
			},
		}
	})
}
