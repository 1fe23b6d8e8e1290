// Package etcd keeps the instances of services in etcd: a [Registry] is a
// discovery.Registrar for servers and a discovery.Discoverer for clients.
//
//	client, err := clientv3.New(clientv3.Config{
//		Endpoints:            []string{"etcd-1:2379", "etcd-2:2379", "etcd-3:2379"},
//		DialKeepAliveTime:    10 * time.Second,
//		DialKeepAliveTimeout: 3 * time.Second,
//	})
//	registry := etcd.New(client, etcd.Config{})
//
//	volothrift.NewServer(volothrift.WithName("shop.item"),
//		volothrift.WithRegistrar(registry, discovery.Announcement{Host: podIP}))
//	shopitem.NewItemClient("shop.item", volothrift.WithDiscoverer(registry))
//
// The client is the caller's, who sets it up and closes it after all servers
// and clients that use it. Keepalives, as above, let it notice a member that
// has gone without a word.
//
// # What is in etcd
//
// An instance is one key, attached to a lease, with a value of JSON:
//
//	kitex/registry-etcd/shop.item/192.0.2.1:8888
//	{"network":"tcp","address":"192.0.2.1:8888","weight":10,"tags":{"zone":"a"}}
//
// This is how Kitex's registry-etcd has it, and the prefix is its default, so
// that services of both frameworks find each other.
//
// # When things fail
//
// A server that dies without a word is forgotten when its lease runs out,
// after [Config.TTL]. One that is cut off from etcd is, too, and comes back
// as soon as it can reach etcd again; so it does if etcd loses the lease, the
// key or all of its memory.
//
// A client that is cut off from etcd keeps the instances that it knows,
// however long it takes, and so does one whose etcd restarts. It lists the
// instances anew when its watch breaks, when the revision that it has seen
// was compacted away, and every [Config.Resync] in any case, and then goes on
// from the revision of that list: so no change is lost, and none is seen
// twice.
package etcd
