package etcd

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// Defaults of a [Config].
const (
	DefaultPrefix  = "kitex/registry-etcd"
	DefaultTTL     = 15 * time.Second
	DefaultTimeout = 3 * time.Second
	DefaultResync  = 5 * time.Minute
)

// A Config says how a [Registry] uses etcd. The zero value has the defaults.
type Config struct {
	// Prefix is what all keys begin with, without a slash at its end; "" stands
	// for [DefaultPrefix].
	Prefix string

	// TTL is for how long an instance stays known that does not say any more
	// that it is there; zero stands for [DefaultTTL]. Etcd counts in whole
	// seconds.
	TTL time.Duration

	// Timeout bounds each request to etcd; zero stands for [DefaultTimeout].
	Timeout time.Duration

	// Resync is how often watches list all instances anew, plus or minus a
	// tenth, in case etcd has been replaced by another behind their back; zero
	// stands for [DefaultResync].
	Resync time.Duration

	// OnError, if not nil, is told of what a watch survives: that etcd is out
	// of reach, while the last known instances stay in use, or that it has a
	// value that is no instance. It returns quickly; each watch calls it from
	// its own goroutine.
	OnError func(service string, err error)
}

// A Registry is the instances of all services below a prefix. It implements
// discovery.Discoverer and discovery.Registrar, and may be used from any
// goroutine.
type Registry struct {
	client *clientv3.Client
	config Config
}

var (
	_ discovery.Discoverer = (*Registry)(nil)
	_ discovery.Registrar  = (*Registry)(nil)
)

// New returns the registry that client, which stays the caller's, reaches.
func New(client *clientv3.Client, c Config) *Registry {
	if c.Prefix == "" {
		c.Prefix = DefaultPrefix
	}
	c.Prefix = strings.TrimSuffix(c.Prefix, "/")
	if c.TTL <= 0 {
		c.TTL = DefaultTTL
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Resync <= 0 {
		c.Resync = DefaultResync
	}
	if c.OnError == nil {
		c.OnError = func(string, error) {}
	}
	return &Registry{client: client, config: c}
}

// folder returns what the keys of a service begin with.
func (r *Registry) folder(service string) (string, error) {
	if service == "" || strings.Contains(service, "/") {
		return "", fmt.Errorf("etcd: service %q: a name is not empty and has no slash", service)
	}
	return r.config.Prefix + "/" + service + "/", nil
}

// A value is what etcd has of an instance.
type value struct {
	Network string            `json:"network"`
	Address string            `json:"address"`
	Weight  int               `json:"weight"`
	Tags    map[string]string `json:"tags"`
}

func encode(in discovery.Instance) (string, error) {
	network, address := in.Address.Dial()
	if network == "" {
		return "", errors.New("etcd: an instance without an address")
	}
	weight := in.Weight
	if weight == 0 {
		weight = discovery.DefaultWeight
	}
	text, err := json.Marshal(value{network, address, weight, in.Tags})
	return string(text), err
}

func decode(text []byte) (discovery.Instance, error) {
	var v value
	if err := json.Unmarshal(text, &v); err != nil {
		return discovery.Instance{}, err
	}
	in := discovery.Instance{Weight: v.Weight, Tags: v.Tags}
	switch {
	case v.Address == "":
		return in, errors.New("no address")
	case v.Network == "unix":
		in.Address = rpc.Unix(v.Address)
	case v.Network == "tcp":
		var err error
		if in.Address, err = rpc.ParseAddress("tcp://" + v.Address); err != nil {
			return in, err
		}
	default:
		return in, fmt.Errorf("unknown network %q", v.Network)
	}
	return in, nil
}
