package etcd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/volo-go/volo/motore/discovery"
)

// The pause after a list failed: doubled from one failure to the next, up to a
// bound. A random half of it is left out.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 10 * time.Second
)

// Watch implements discovery.Discoverer. It fails if etcd cannot be reached at
// first; from the first snapshot on it lasts until ctx is done.
func (r *Registry) Watch(ctx context.Context, service string, update func([]discovery.Instance)) error {
	folder, err := r.folder(service)
	if err != nil {
		return err
	}
	w := &watch{r: r, service: service, folder: folder, update: update}
	pause := firstPause
	for {
		revision, err := w.list(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !w.known {
			return err
		}
		if err == nil {
			pause = firstPause
			err = w.follow(ctx, revision)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue // it is time for another list
		}
		r.config.OnError(service, err)
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause = min(2*pause, maxPause)
	}
}

// A watch is one call of Watch.
type watch struct {
	r       *Registry
	service string
	folder  string // what its keys begin with
	update  func([]discovery.Instance)

	known     bool                          // there has been a snapshot
	instances map[string]discovery.Instance // by key
	last      []discovery.Instance          // the snapshot in use
}

// list learns what there is now. The state is that of the revision.
func (w *watch) list(ctx context.Context) (revision int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.r.config.Timeout)
	defer cancel()
	now, err := w.r.client.Get(ctx, w.folder, clientv3.WithPrefix())
	if err != nil {
		return 0, fmt.Errorf("etcd: service %q: list: %w", w.service, err)
	}
	w.instances = make(map[string]discovery.Instance, len(now.Kvs))
	for _, kv := range now.Kvs {
		w.put(kv)
	}
	w.say()
	return now.Header.Revision, nil
}

// follow applies what happens after revision, until ctx is done, the watch
// breaks, or it is time to list anew, in which case it returns nil.
func (w *watch) follow(ctx context.Context, revision int64) error {
	resync := min(w.r.config.Resync, math.MaxInt64/2)
	ctx, cancel := context.WithTimeout(ctx, resync-resync/10+rand.N(resync/5+1))
	defer cancel()
	// A member that has lost its leader says so instead of keeping silent.
	changes := w.r.client.Watch(clientv3.WithRequireLeader(ctx), w.folder,
		clientv3.WithPrefix(), clientv3.WithRev(revision+1))
	for {
		select {
		case <-ctx.Done():
			return nil
		case change, open := <-changes:
			if !open {
				return fmt.Errorf("etcd: service %q: watch: %w", w.service, errClosed)
			}
			if change.CompactRevision != 0 {
				return nil // list anew
			}
			if err := change.Err(); err != nil {
				return fmt.Errorf("etcd: service %q: watch: %w", w.service, err)
			}
			for _, e := range change.Events {
				w.apply(e)
			}
			w.say()
		}
	}
}

var errClosed = errors.New("the client is closed")

func (w *watch) apply(e *clientv3.Event) {
	if e.Type == mvccpb.DELETE {
		delete(w.instances, string(e.Kv.Key))
		return
	}
	w.put(e.Kv)
}

// put takes an instance in; what is none counts as not there.
func (w *watch) put(kv *mvccpb.KeyValue) {
	in, err := decode(kv.Value)
	if err != nil {
		delete(w.instances, string(kv.Key))
		w.r.config.OnError(w.service, fmt.Errorf("etcd: service %q: key %s: %w", w.service, kv.Key, err))
		return
	}
	w.instances[string(kv.Key)] = in
}

// say hands the instances over, in the order of their keys, unless nothing has
// changed.
func (w *watch) say() {
	now := make([]discovery.Instance, 0, len(w.instances))
	for _, key := range slices.Sorted(maps.Keys(w.instances)) {
		now = append(now, w.instances[key])
	}
	now = discovery.Distinct(now)
	if w.known && discovery.Diff(w.last, now).IsZero() {
		return
	}
	w.known, w.last = true, now
	w.update(now)
}
