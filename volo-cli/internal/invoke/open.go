package invoke

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A Peer is a server, or an IDL alone. It may be used concurrently, and is to
// be closed.
type Peer struct {
	config   Config
	protocol Protocol
	schema   schema

	thrift *volothrift.Client // one of them, or none
	grpc   *vologrpc.Client
	source source // of gRPC
}

// Open reads the IDLs and prepares to call the target; it connects only if it
// has to ask the server for its framing. Without a target it is possible to
// look, not to call.
func Open(ctx context.Context, c Config) (*Peer, error) {
	p := &Peer{config: c}
	thrift, err := c.thrift()
	if err != nil {
		return nil, err
	}
	if thrift {
		err = p.openThrift(ctx)
	} else {
		err = p.openGRPC()
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close closes all connections.
func (p *Peer) Close() error {
	var err error
	if p.thrift != nil {
		err = p.thrift.Close()
	}
	if p.grpc != nil {
		err = cmp.Or(p.grpc.Close(), err)
	}
	return err
}

// Protocol returns what is spoken with the server, Thrift if there is no target
// that could have been asked for its framing.
func (p *Peer) Protocol() Protocol { return p.protocol }

// thrift says which of the two protocols it is, by its name and by the IDLs.
func (c *Config) thrift() (bool, error) {
	kinds := make(map[string]string) // by the extension, a file of it
	for _, name := range c.IDLs {
		ext := path.Ext(name)
		if ext != ".thrift" && ext != ".proto" {
			ext = "descriptor set"
		}
		kinds[ext] = name
	}
	if len(kinds) > 1 {
		return false, fmt.Errorf("IDLs of several kinds: %v", c.IDLs)
	}
	_, isThrift := kinds[".thrift"]
	switch {
	case c.Protocol == "" || c.Protocol == Auto:
		return isThrift, nil
	case c.Protocol == GRPC && isThrift:
		return false, fmt.Errorf("protocol grpc does not go with %s", kinds[".thrift"])
	case c.Protocol != GRPC && !isThrift:
		return false, fmt.Errorf("protocol %s needs .thrift files; name them with --idl", c.Protocol)
	}
	return isThrift, nil
}

func (p *Peer) openThrift(ctx context.Context) error {
	s, err := loadThrift(&p.config)
	if err != nil {
		return err
	}
	p.schema, p.protocol = s, Thrift
	if p.config.Target == "" {
		return nil
	}
	if p.protocol = p.config.Protocol; p.protocol == "" || p.protocol == Auto || p.protocol == Thrift {
		if p.protocol, err = detect(ctx, &p.config); err != nil {
			return err
		}
	}
	p.thrift, err = dialThrift(&p.config, p.protocol)
	return err
}

func (p *Peer) openGRPC() error {
	p.protocol = GRPC
	c := &p.config
	if len(c.IDLs) > 0 {
		s, err := loadProto(c)
		if err != nil {
			return err
		}
		p.source = s
	}
	if c.Target != "" {
		var err error
		if p.grpc, err = dialGRPC(c); err != nil {
			return err
		}
	}
	switch {
	case p.source == nil && p.grpc == nil:
		return fmt.Errorf("neither a target nor an IDL; name a server that has reflection, or files with --idl")
	case p.source == nil:
		client, err := p.withMetadata(c.Metadata)
		if err != nil {
			return err
		}
		r, err := newReflector(client)
		if err != nil {
			return err
		}
		p.source = r
	}
	p.schema = protoSchema{p.source}
	return nil
}
