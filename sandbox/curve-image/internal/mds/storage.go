package mds

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"keelson.dev/curve-standins/internal/clock"
)

// The prefixes of the keys are Curve's. After them stands the id in ten decimal digits (Curve: eight bytes), and the
// values are JSON (Curve: protobuf).
const (
	logicalPoolPrefix  = "1001"
	physicalPoolPrefix = "1002"
	zonePrefix         = "1003"
	serverPrefix       = "1004"
	chunkServerPrefix  = "1005"
	clusterInfoKey     = "1007"
	copysetPrefix      = "1008"
	filePrefix         = "01"
)

// storage keeps the topology beyond the life of a leader.
type storage interface {
	put(ctx context.Context, values map[string]any) error
	remove(ctx context.Context, keys ...string) error
	list(ctx context.Context, prefix string, each func(value []byte) error) error
}

func key(prefix string, id uint32) string { return fmt.Sprintf("%s%010d", prefix, id) }

func copysetStorageKey(k copysetKey) string {
	return fmt.Sprintf("%s%010d%010d", copysetPrefix, k.pool, k.id)
}

// maxOps is what etcd takes in one transaction.
const maxOps = 100

type etcdStorage struct {
	client  *clientv3.Client
	timeout time.Duration
}

func (s *etcdStorage) put(ctx context.Context, values map[string]any) error {
	ops := make([]clientv3.Op, 0, len(values))
	for k, v := range values {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		ops = append(ops, clientv3.OpPut(k, string(text)))
	}
	return s.commit(ctx, ops)
}

func (s *etcdStorage) remove(ctx context.Context, keys ...string) error {
	ops := make([]clientv3.Op, 0, len(keys))
	for _, k := range keys {
		ops = append(ops, clientv3.OpDelete(k))
	}
	return s.commit(ctx, ops)
}

func (s *etcdStorage) commit(ctx context.Context, ops []clientv3.Op) error {
	for len(ops) > 0 {
		n := min(len(ops), maxOps)
		op, cancel := context.WithTimeout(ctx, max(time.Second, clock.Scaled(s.timeout)))
		_, err := s.client.Txn(op).Then(ops[:n]...).Commit()
		cancel()
		if err != nil {
			return err
		}
		ops = ops[n:]
	}
	return nil
}

func (s *etcdStorage) list(ctx context.Context, prefix string, each func([]byte) error) error {
	op, cancel := context.WithTimeout(ctx, max(time.Second, clock.Scaled(s.timeout)))
	defer cancel()
	answer, err := s.client.Get(op, prefix, clientv3.WithPrefix())
	if err != nil {
		return err
	}
	for _, kv := range answer.Kvs {
		if err := each(kv.Value); err != nil {
			return fmt.Errorf("%s: %w", kv.Key, err)
		}
	}
	return nil
}
