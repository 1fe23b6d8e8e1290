package discovery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// Defaults of a [FileConfig], and what it does not set.
const (
	DefaultFileInterval = 2 * time.Second

	// maxFile is the size in bytes beyond which a file is not read.
	maxFile = 16 << 20
	// fileSettled is the age from which on a file's time of change is believed
	// to tell one content from the next; clocks of file systems are coarse.
	fileSettled = 3 * time.Second
)

// A FileConfig says how [File] watches. Path is required.
type FileConfig struct {
	Path string

	// Interval is how long a change may go unnoticed; zero stands for
	// [DefaultFileInterval].
	Interval time.Duration

	// OnError, if not nil, is told when the file becomes unreadable while an
	// earlier content stays in use, and again when the reason changes. It
	// returns quickly; each watch calls it from its own goroutine.
	OnError func(service string, err error)
}

// File returns a Discoverer that reads instances from a file of JSON, and
// again whenever the file has changed:
//
//	{
//	  "shop.item": [
//	    {"address": "192.0.2.1:8888"},
//	    {"address": "unix:/run/item.sock", "weight": 20, "tags": {"zone": "a"}}
//	  ],
//	  "shop.user": []
//	}
//
// Addresses are in the forms of [rpc.ParseAddress]. A service that is not in
// the file has no instances.
//
// The file is looked at by interval, since files arrive in too many ways
// (renamed over the old one, mounted, by a link that moves) for notifications
// to see them all. One that is missing or broken in any way, down to an
// unknown key or an address given twice, makes a watch fail if it is found
// so at first; later it changes nothing, and the last good content stays in
// use. So a writer that is not able to replace the file at once does no harm
// either.
func File(c FileConfig) Discoverer {
	if c.Interval <= 0 {
		c.Interval = DefaultFileInterval
	}
	if c.OnError == nil {
		c.OnError = func(string, error) {}
	}
	return fileDiscoverer(c)
}

type fileDiscoverer FileConfig

func (f fileDiscoverer) Watch(ctx context.Context, service string, update func([]Instance)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	content := fileContent{path: f.Path}
	last, err := content.instances(service)
	if err != nil {
		return err
	}
	update(last)
	tick := time.NewTicker(f.Interval)
	defer tick.Stop()
	reported := ""
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		now, err := content.instances(service)
		if err == nil {
			reported = ""
			if !Diff(last, now).IsZero() {
				last = now
				update(now)
			}
		} else if text := err.Error(); text != reported {
			reported = text
			f.OnError(service, err)
		}
	}
}

// A fileContent is a file as it was when it was last read.
type fileContent struct {
	path     string
	info     os.FileInfo // nil if what was read may have changed since
	services map[string][]Instance
	err      error // why there are no services
}

// instances reads the file, unless it is plain that it has not changed.
func (f *fileContent) instances(service string) ([]Instance, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		f.info = nil
		return nil, fmt.Errorf("discovery: file: %w", err)
	}
	if f.info == nil || !sameFile(f.info, info) {
		f.services, f.err = readFile(f.path)
		if f.info = info; time.Since(info.ModTime()) < fileSettled {
			f.info = nil
		}
	}
	return f.services[service], f.err
}

func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func readFile(path string) (map[string][]Instance, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("discovery: file: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	var services map[string][]Instance
	if err == nil {
		services, err = parseFile(text)
	}
	if err != nil {
		return nil, fmt.Errorf("discovery: file %s: %w", path, err)
	}
	return services, nil
}

// A fileInstance is an [Instance] in a file.
type fileInstance struct {
	Address string            `json:"address"`
	Weight  int               `json:"weight"`
	Tags    map[string]string `json:"tags"`
}

// parseFile takes a file apart. Each address of a service is distinct.
func parseFile(text []byte) (map[string][]Instance, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	services, err := parseServices(d)
	if err != nil {
		return nil, fmt.Errorf("before byte %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("there is more after byte %d", d.InputOffset())
	}
	return services, nil
}

func parseServices(d *json.Decoder) (map[string][]Instance, error) {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.Join(errors.New("not an object of services"), err)
	}
	services := make(map[string][]Instance)
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		service := key.(string) // or the decoder had said so
		if _, double := services[service]; double {
			return nil, fmt.Errorf("service %q is there twice", service)
		}
		var written []fileInstance
		if err := d.Decode(&written); err != nil {
			return nil, fmt.Errorf("service %q: %w", service, err)
		}
		if services[service], err = parseInstances(written); err != nil {
			return nil, fmt.Errorf("service %q: %w", service, err)
		}
	}
	_, err := d.Token()
	return services, err
}

func parseInstances(written []fileInstance) ([]Instance, error) {
	instances := make([]Instance, len(written))
	seen := make(map[rpc.Address]bool, len(written))
	for i, in := range written {
		address, err := rpc.ParseAddress(in.Address)
		if err != nil {
			return nil, fmt.Errorf("instance %d: %w", i+1, err)
		}
		if seen[address] {
			return nil, fmt.Errorf("instance %d: address %q is there twice", i+1, in.Address)
		}
		seen[address] = true
		instances[i] = Instance{Address: address, Weight: in.Weight, Tags: in.Tags}
	}
	return instances, nil
}
