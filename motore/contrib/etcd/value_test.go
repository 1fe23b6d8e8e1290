package etcd_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/volo-go/volo/motore/contrib/etcd"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// What is registered is, byte for byte, what Kitex's registry-etcd registers.
func TestWhatIsInEtcd(t *testing.T) {
	m := startMember(t)
	c := m.client(m.line)
	for _, in := range []struct {
		config   etcd.Config
		service  string
		instance discovery.Instance
		key, val string
		ttl      int64
	}{
		{etcd.Config{}, "shop.item", discovery.Instance{Address: rpc.TCP("192.0.2.1:8888"), Weight: 20, Tags: map[string]string{"zone": "a"}},
			"kitex/registry-etcd/shop.item/192.0.2.1:8888", `{"network":"tcp","address":"192.0.2.1:8888","weight":20,"tags":{"zone":"a"}}`, 15},
		{etcd.Config{Prefix: "mine", TTL: 1001 * time.Millisecond}, "shop.user", discovery.Instance{Address: rpc.TCP("[::1]:1")},
			"mine/shop.user/[::1]:1", `{"network":"tcp","address":"[::1]:1","weight":10,"tags":null}`, 2},
		{etcd.Config{Prefix: "/mine/", TTL: time.Minute}, "shop.user", discovery.Instance{Address: rpc.Unix("/run/a"), Weight: -1},
			"/mine/shop.user/unix:/run/a", `{"network":"unix","address":"/run/a","weight":-1,"tags":null}`, 60},
	} {
		r := etcd.New(c, in.config)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Register(ctx, in.service, in.instance) }()
		var now *clientv3.GetResponse
		for now == nil || len(now.Kvs) == 0 {
			now = do(t, func(ctx context.Context) (*clientv3.GetResponse, error) { return c.Get(ctx, in.key) })
		}
		if got := string(now.Kvs[0].Value); got != in.val {
			t.Errorf("got value %s at %s, want %s", got, in.key, in.val)
		}
		lease := do(t, func(ctx context.Context) (*clientv3.LeaseTimeToLiveResponse, error) {
			return c.TimeToLive(ctx, clientv3.LeaseID(now.Kvs[0].Lease))
		})
		if lease.GrantedTTL != in.ttl {
			t.Errorf("got a lease of %d s, want %d", lease.GrantedTTL, in.ttl)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Register returned %v", err)
		}
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		what, text, want, err string
	}{
		{"all there is", `{"network":"tcp","address":"a:1","weight":7,"tags":{"k":"v"}}`, "{a:1 7 map[k:v]}", ""},
		{"null tags", `{"network":"tcp","address":"a:1","weight":7,"tags":null}`, "{a:1 7 map[]}", ""},
		{"no weight", `{"network":"tcp","address":"a:1"}`, "{a:1 0 map[]}", ""},
		{"a negative weight", `{"network":"tcp","address":"a:1","weight":-1}`, "{a:1 -1 map[]}", ""},
		{"a socket", `{"network":"unix","address":"/run/a"}`, "{unix:/run/a 0 map[]}", ""},
		{"what a later version may add", `{"network":"tcp","address":"a:1","more":[1]}`, "{a:1 0 map[]}", ""},
		{"nothing", ``, "", "unexpected end of JSON input"},
		{"null", `null`, "", "no address"},
		{"no address", `{"network":"tcp"}`, "", "no address"},
		{"no port", `{"network":"tcp","address":"a"}`, "", `rpc: address "tcp://a": address a: missing port in address`},
		{"another network", `{"network":"udp","address":"a:1"}`, "", `unknown network "udp"`},
		{"a weight that is none", `{"network":"tcp","address":"a:1","weight":"7"}`, "",
			"json: cannot unmarshal string into Go struct field value.weight of type int"},
	} {
		in, err := etcd.Decode([]byte(c.text))
		if c.err != "" {
			if fmt.Sprint(err) != c.err {
				t.Errorf("%s: got error %v, want %s", c.what, err, c.err)
			}
			continue
		}
		if got := fmt.Sprint(in); got != c.want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", c.what, got, err, c.want)
		}
	}
}

func FuzzValue(f *testing.F) {
	f.Add([]byte(`{"network":"tcp","address":"a:1","weight":7,"tags":{"k":"v"}}`))
	f.Add([]byte(`{"network":"unix","address":"/run/a","weight":-7}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		in, err := etcd.Decode(text)
		if err != nil {
			return
		}
		again, err := etcd.Encode(in)
		if err != nil {
			t.Fatalf("got %v for %v, which could be read", err, in)
		}
		if in.Weight == 0 {
			in.Weight = discovery.DefaultWeight
		}
		back, err := etcd.Decode([]byte(again))
		if err != nil || !discovery.Diff([]discovery.Instance{in}, []discovery.Instance{back}).IsZero() {
			t.Errorf("got %v, %v back from %s, want %v", back, err, again, in)
		}
	})
}

func TestNamesOfServices(t *testing.T) {
	m := &member{t: t}
	r := m.registry(newLine(t), etcd.Config{})
	for _, name := range []string{"", "a/b", "/"} {
		want := fmt.Sprintf("etcd: service %q: a name is not empty and has no slash", name)
		if _, err := discovery.Resolve(t.Context(), r, name); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v from Watch of %q, want %s", err, name, want)
		}
		if err := r.Register(t.Context(), name, discovery.Instance{Address: rpc.TCP("a:1")}); fmt.Sprint(err) != want {
			t.Errorf("got %v from Register of %q, want %s", err, name, want)
		}
	}
	if err := r.Register(t.Context(), "a", discovery.Instance{}); fmt.Sprint(err) != "etcd: an instance without an address" {
		t.Errorf("got %v from Register without an address", err)
	}
}
