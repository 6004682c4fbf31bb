import { expect, test } from 'vitest';
import { accepted, changed, LEAST, layoutFor, SNAPSHOTS } from '../../../test/support/curve-documents.ts';
import { portClaims } from './port-claims.ts';

test('what listens on one address of a node already is in the way of a dummy port, which brpc opens on all', () => {
  const layout = layoutFor(accepted(changed(LEAST, ['spec', 'snapShotClone'], SNAPSHOTS)).spec);
  expect(
    portClaims(layout, 'node2').map(({ service, ip, port }) => `${service}: ${ip || '*'}:${port}`),
  ).toEqual([
    'etcd b (peers): 10.0.0.12:23800',
    'etcd b (clients): 10.0.0.12:23790',
    'mds b: 10.0.0.12:6700',
    'mds b (dummy): *:7700',
    'chunkserver of /dev/vdc: 10.0.0.12:8200',
    'snapshotclone b: 10.0.0.12:5555',
    'snapshotclone b (dummy): *:8800',
    'snapshotclone b (proxy): 10.0.0.12:8900',
  ]);
});
