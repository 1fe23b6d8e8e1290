package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/volo-go/volo/motore/discovery"
)

// Register implements discovery.Registrar. The weight 0 is registered as
// discovery.DefaultWeight.
//
// It returns an error when etcd cannot be reached, at first or after a lease
// has been lost; what comes back without a request failing, Register brings
// back itself.
func (r *Registry) Register(ctx context.Context, service string, instance discovery.Instance) error {
	folder, err := r.folder(service)
	if err != nil {
		return err
	}
	text, err := encode(instance)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		err := r.hold(ctx, folder+instance.Address.String(), text)
		if err != nil {
			return fmt.Errorf("etcd: service %q: %v: %w", service, instance.Address, err)
		}
		select {
		case <-time.After(firstPause): // lest two fight over a key all day
		case <-ctx.Done():
		}
	}
	return nil
}

// hold has a key under a lease of its own until ctx is done or one of the two
// is lost. Then it gives both up; an error says that it could not have them,
// or not give them up.
//
// If another has taken the key over meanwhile, for the same address, it is
// attached to the lease of that one and stays.
func (r *Registry) hold(ctx context.Context, key, text string) (err error) {
	limited, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer cancel()
	lease, err := r.client.Grant(limited, r.seconds())
	if err != nil {
		return unlessDone(ctx, "lease", err)
	}
	defer func() {
		if errors.Is(context.Cause(ctx), discovery.ErrHandedOver) {
			return // it lasts until the other process has put its own, or a TTL
		}
		if end := r.revoke(ctx, lease.ID); err == nil {
			err = end
		}
	}()
	put, err := r.client.Put(limited, key, text, clientv3.WithLease(lease.ID))
	if err != nil {
		return unlessDone(ctx, "put", err)
	}
	return r.keep(ctx, lease.ID, key, put.Header.Revision)
}

// keep keeps the lease alive and watches the key. It returns nil when ctx is
// done, or to have them both anew.
func (r *Registry) keep(ctx context.Context, lease clientv3.LeaseID, key string, revision int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive, err := r.client.KeepAlive(ctx, lease)
	if err != nil {
		return unlessDone(ctx, "keep alive", err)
	}
	changes := r.client.Watch(ctx, key, clientv3.WithRev(revision+1))
	for {
		select {
		case _, ok := <-alive:
			if !ok {
				return nil
			}
		case change, ok := <-changes:
			if !ok || change.CompactRevision != 0 || deletes(change) {
				return nil
			}
			if err := change.Err(); err != nil {
				return unlessDone(ctx, "watch", err)
			}
		}
	}
}

func deletes(change clientv3.WatchResponse) bool {
	n := len(change.Events)
	return n > 0 && change.Events[n-1].Type == mvccpb.DELETE
}

// revoke ends a lease, and with it the key that is attached to it. That it
// has ended already is all right.
func (r *Registry) revoke(ctx context.Context, lease clientv3.LeaseID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.config.Timeout)
	defer cancel()
	_, err := r.client.Revoke(ctx, lease)
	if err == nil || errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return nil
	}
	return fmt.Errorf("revoke: %w", err)
}

// unlessDone is err, in this phase, unless it is because ctx is done.
func unlessDone(ctx context.Context, phase string, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("%s: %w", phase, err)
}

// seconds is the TTL as etcd takes it, rounded up.
func (r *Registry) seconds() int64 {
	return int64((r.config.TTL + time.Second - 1) / time.Second)
}
