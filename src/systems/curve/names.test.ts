import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beginnings, componentLabels, names } from './names.ts';
import {
  clusterIdName,
  clusterLabels,
  deviceSlug,
  fingerprint,
  instanceLetters,
  labelValue,
  selector,
} from '../names.ts';
import { curveRef } from '../../../test/support/curve-ids.ts';

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?$/);
const dotted = fc.array(label, { minLength: 1, maxLength: 3 }).map((parts) =>
  parts
    .join('.')
    .slice(0, 253)
    .replace(/[-.]+$/, ''),
);
const device = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{1,10}$/).map((name) => `/dev/${name}`),
  fc.stringMatching(/^[A-Za-z0-9._:-]{1,80}$/).map((name) => `/dev/disk/by-id/${name}`),
);

/** Every name of one cluster that depends on more than the cluster. */
const dependent = (cluster: string, node: string, dev: string, attempt: number): readonly string[] => [
  ...(['etcd', 'mds', 'snapshotclone'] as const).flatMap((role) => [
    names.daemon(cluster, role, 'a'),
    names.daemonConfig(cluster, role, 'a'),
  ]),
  names.chunkserver(cluster, node, dev),
  names.chunkserverConfig(cluster, node, dev),
  names.formatJob(cluster, node, dev, attempt),
  names.templatesJob(cluster, 'image', attempt),
  names.poolJob(cluster, 'physical-pool', '{}', attempt),
  names.poolJob(cluster, 'logical-pool', '{}', attempt),
];

const all = (cluster: string, node: string, dev: string, attempt: number): readonly string[] => [
  ...dependent(cluster, node, dev, attempt),
  clusterIdName(cluster),
  names.templates(cluster),
  names.tools(cluster),
  names.topology(cluster),
  names.s3Secret(cluster),
];

describe('names', () => {
  test('are such as Kubernetes accepts, however long their parts', () => {
    fc.assert(
      fc.property(
        dotted,
        dotted,
        device,
        fc.integer({ min: 1, max: 9999 }),
        (cluster, node, dev, attempt) => {
          for (const name of all(cluster, node, dev, attempt)) {
            expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
            expect(name.length).toBeLessThanOrEqual(253);
          }
          // these end up in labels of pods
          for (const name of [
            names.formatJob(cluster, node, dev, attempt),
            names.chunkserver(cluster, node, dev),
          ]) {
            expect(name.length).toBeLessThanOrEqual(63);
          }
        },
      ),
    );
  });

  test('are found by their beginnings, however much of them was cut', () => {
    fc.assert(
      fc.property(
        dotted,
        dotted,
        device,
        fc.integer({ min: 1, max: 9999 }),
        (cluster, node, dev, attempt) => {
          const begun = beginnings(cluster);
          for (const name of dependent(cluster, node, dev, attempt))
            expect(begun.some((beginning) => name.startsWith(beginning))).toBe(true);
        },
      ),
    );
    expect(beginnings('my')).toContain('my-etcd-');
  });

  test('are different for different things', () => {
    fc.assert(
      fc.property(dotted, dotted, device, (cluster, node, dev) => {
        const found = all(cluster, node, dev, 1);
        expect(new Set(found).size).toBe(found.length);
      }),
    );
  });

  test('of chunkservers and Jobs tell nodes and devices apart', () => {
    fc.assert(
      fc.property(dotted, dotted, dotted, device, device, (cluster, one, other, devOne, devOther) => {
        fc.pre(one !== other || devOne !== devOther);
        expect(names.chunkserver(cluster, one, devOne)).not.toBe(names.chunkserver(cluster, other, devOther));
        expect(names.formatJob(cluster, one, devOne, 1)).not.toBe(
          names.formatJob(cluster, other, devOther, 1),
        );
      }),
    );
  });

  test('tell parts apart that read the same together', () => {
    expect(names.chunkserver('c', 'a-b', '/dev/c')).not.toBe(names.chunkserver('c', 'a', '/dev/b-c'));
    expect(names.chunkserver('c', 'a', '/dev/disk/by-id/X')).not.toBe(
      names.chunkserver('c', 'a', '/dev/disk/by-path/X'),
    );
    expect(names.chunkserver('c', 'a', '/dev/disk/by-id/x.1')).not.toBe(
      names.chunkserver('c', 'a', '/dev/disk/by-id/x-1'),
    );
  });

  test('end with the attempt', () => {
    expect(names.formatJob('c'.repeat(80), 'n', '/dev/vdc', 12)).toMatch(/^c+-[a-z0-9]{8}-12$/);
  });

  test('are plain where they can be', () => {
    expect(names.daemon('curve', 'etcd', 'a')).toBe('curve-etcd-a');
    expect(names.chunkserver('curve', 'node1', '/dev/vdc')).toBe('curve-chunkserver-node1-vdc');
    expect(names.formatJob('curve', 'node1', '/dev/vdc', 2)).toBe('curve-format-node1-vdc-2');
    expect(clusterIdName('curve')).toBe('curve-keelson');
  });

  test('stay the same from release to release: objects are found by them', () => {
    expect(names.chunkserver('c', 'n'.repeat(70), '/dev/vdc')).toBe(
      `c-chunkserver-${'n'.repeat(40)}-${fingerprint(`c-chunkserver-${'n'.repeat(70)}-vdc`).slice(-8)}`,
    );
    expect(fingerprint('keelson')).toBe('1jpm8xtzq0pmo');
    expect(deviceSlug('/dev/disk/by-id/wwn-0x5000')).toBe('wwn-0x5000-wjoixdyy');
  });
});

describe('labels', () => {
  test('have values that Kubernetes accepts, different for different texts', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 120 }), fc.string({ maxLength: 120 }), (one, other) => {
        expect(labelValue(one)).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
        expect(labelValue(one) === labelValue(other)).toBe(one === other);
      }),
    );
  });

  test('select all objects of a cluster, or one component', () => {
    expect(selector(clusterLabels(curveRef('my'), 'id'))).toBe(
      'app.kubernetes.io/managed-by=keelson,keelson.io/system=curve,keelson.io/cluster=my,keelson.io/cluster-id=id',
    );
    const some = componentLabels(curveRef('my'), 'id', {
      component: 'format',
      node: 'node1',
      device: '/dev/vdc',
    });
    expect(selector(some)).toBe(
      'app.kubernetes.io/managed-by=keelson,keelson.io/system=curve,keelson.io/cluster=my,keelson.io/cluster-id=id,app.kubernetes.io/name=curvebs,' +
        'app.kubernetes.io/component=format,keelson.io/node=node1,keelson.io/device=vdc',
    );
  });
});

test('instances have the letters of curve-operator', () => {
  expect([0, 1, 25, 26, 27, 701, 702].map(instanceLetters)).toEqual(['a', 'b', 'z', 'aa', 'ab', 'zz', 'aaa']);
});
