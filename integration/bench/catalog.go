package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/volo-go/volo/integration/bench/kitex"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer/connectgo"
	"github.com/volo-go/volo/integration/bench/peer/grpcgo"
	"github.com/volo-go/volo/integration/bench/peer/rawhttp2"
	"github.com/volo-go/volo/integration/bench/peer/volo"
	"github.com/volo-go/volo/integration/bench/protocodec"
	"github.com/volo-go/volo/integration/bench/thriftpeer"
	"github.com/volo-go/volo/integration/bench/vtproto"
)

// sources is what the modules of foreign frameworks are built with.
//
//go:embed load/*.go codec/*.go child/*.go genproto/stock/shapes/*.go *.thrift *.proto
var sources embed.FS

// An entry is a peer or a codec and where its binary comes from.
type entry struct {
	name, about string
	binary      binary
	client      binary // of a peer, if that is another; else nil
}

// A binary builds or finds a child and returns its path.
type binary func(context.Context) (string, error)

// A catalog is all that can take part.
type catalog struct {
	peers, codecs []entry
}

// newCatalog returns what can take part. Binaries that are built from this
// repository go to the folder dir.
func newCatalog(dir string, progress func(string)) catalog {
	ours := func(folder string) binary {
		return once(func(ctx context.Context) (string, error) { return buildChild(ctx, dir, folder) })
	}
	buildThrift, buildProto := ours("thriftpeer"), ours("protocodec")
	build := once(func(ctx context.Context) (string, error) {
		binary, err := kitex.Build(ctx, sources, progress)
		if err != nil {
			return "", fmt.Errorf("Kitex %s cannot be had here: %w", kitex.Version, err)
		}
		return binary, nil
	})
	buildVT := once(func(ctx context.Context) (string, error) {
		binary, err := vtproto.Build(ctx, sources, progress)
		if err != nil {
			return "", fmt.Errorf("vtprotobuf %s cannot be had here: %w", vtproto.Version, err)
		}
		return binary, nil
	})
	var c catalog
	c.addGRPC(volo.All(), ours("peer/volo"))
	c.addGRPC(grpcgo.All(), ours("peer/grpcgo"))
	c.addGRPC(connectgo.All(), ours("peer/connectgo"))
	c.addGRPC(rawhttp2.All(), ours("peer/rawhttp2"))
	for _, p := range thriftpeer.All() {
		c.peers = append(c.peers, entry{name: p.Name, about: p.About, binary: buildThrift})
	}
	for _, p := range kitex.Peers() {
		c.peers = append(c.peers, entry{name: p[0], about: p[1], binary: build})
	}
	for _, k := range protocodec.Codecs() {
		c.codecs = append(c.codecs, entry{name: k.Name, about: k.About, binary: buildProto})
	}
	for _, k := range thriftpeer.Codecs() {
		c.codecs = append(c.codecs, entry{name: k.Name, about: k.About, binary: buildThrift})
	}
	for _, k := range kitex.Codecs() {
		c.codecs = append(c.codecs, entry{name: k[0], about: k[1], binary: build})
	}
	for _, k := range vtproto.Codecs() {
		c.codecs = append(c.codecs, entry{name: k[0], about: k[1], binary: buildVT})
	}
	return c
}

// addGRPC adds the gRPC peers of a package, whose binary is b, or their clients
// to those whose servers are there already.
func (c *catalog) addGRPC(peers []load.Peer, b binary) {
	for _, p := range peers {
		i := slices.IndexFunc(c.peers, func(e entry) bool { return e.name == p.Name })
		if i < 0 {
			c.peers = append(c.peers, entry{name: p.Name, about: p.About, binary: withProgram(p.Needs, b)})
			continue
		}
		c.peers[i].about, c.peers[i].client = p.About, withProgram(p.Needs, b)
	}
}

// buildChild builds the child that has the peers of a package of this
// repository, as the working folder's module or workspace sees it.
func buildChild(ctx context.Context, dir, peers string) (string, error) {
	binary := filepath.Join(dir, "bench-"+strings.ReplaceAll(peers, "/", "-"))
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/volo-go/volo/integration/bench/"+peers+"/child")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s cannot be built (run the benchmark within its repository): %w: %s", peers, err, bytes.TrimSpace(out))
	}
	return binary, nil
}

// withProgram returns binary for a peer that needs a program beside it: it fails
// where that is not installed.
func withProgram(program string, binary binary) binary {
	if program == "" {
		return binary
	}
	return func(ctx context.Context) (string, error) {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%s is not installed (Debian has it in nghttp2-client)", program)
		}
		return binary(ctx)
	}
}

// once remembers what f said the first time: a framework that cannot be had
// for one scenario cannot be had for the next.
func once(f binary) binary {
	var called bool
	var binary string
	var err error
	return func(ctx context.Context) (string, error) {
		if !called {
			called = true
			binary, err = f(ctx)
		}
		return binary, err
	}
}

// A contestant is a peer or a codec that is ready to be started.
type contestant struct {
	name, binary string
	client       string // the binary of a peer's client
}

// contestants returns those of names that wanted, if not empty, contains, in
// the order of names, or of wanted if given. skip is told of each whose binary
// cannot be had.
func contestants(ctx context.Context, entries []entry, names, wanted []string, skip func(name string, err error)) []contestant {
	if len(wanted) > 0 {
		names = slices.DeleteFunc(slices.Clone(wanted), func(name string) bool {
			return !slices.Contains(names, name)
		})
	}
	var ready []contestant
	for _, name := range names {
		i := slices.IndexFunc(entries, func(e entry) bool { return e.name == name })
		if i < 0 {
			skip(name, fmt.Errorf("not built for this system"))
			continue
		}
		binary, err := entries[i].binary(ctx)
		if err != nil {
			skip(name, err)
			continue
		}
		client := binary
		if entries[i].client != nil {
			if client, err = entries[i].client(ctx); err != nil {
				skip(name, err)
				continue
			}
		}
		ready = append(ready, contestant{name, binary, client})
	}
	return ready
}
