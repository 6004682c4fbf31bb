import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { tools } from '../../../sandbox/tools/tools.ts';
import { find } from '../../../src/kube/objects.ts';
import type { CustomObject } from '../../../src/kube/resources.ts';

import { LEAST, changed } from '../../support/curve-documents.ts';
import { CURVE_CLUSTERS } from '../../support/curve-ids.ts';
import { type TestKeelson, startKeelson } from '../../support/keelson.ts';

/** Large manifests through the real doors: HTTP, Temporal, Kubernetes, kubectl. */
let service: TestKeelson;
let folder: string;
beforeAll(async () => {
  service = await startKeelson(['node1']);
  folder = await mkdtemp(`${tmpdir()}/keelson-large-`);
});
afterAll(async () => {
  await service.end();
  await rm(folder, { recursive: true, force: true });
});

/** Named by wwn, as on machines of one kind the kernel's names change places. */
const disks = (node: number, count: number): readonly object[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `/dev/disk/by-id/wwn-0x${(0x5000_c500_0000_0000n + BigInt(node * 1_000 + i)).toString(16)}`,
    mountPath: `/data/chunkserver${i}`,
    percentage: 90,
  }));

const selected = (nodes: number, each: number): object => ({
  useSelectedNodes: true,
  port: 8200,
  copySets: 100,
  selectedNodes: Array.from({ length: nodes }, (_, n) => ({
    node: `storage-${String(n).padStart(4, '0')}`,
    devices: disks(n, each),
  })),
});

const manifest = (name: string, storage: object): CustomObject => ({
  ...changed(LEAST, ['spec', 'storage'], storage),
  metadata: { name, namespace: 'curve' },
});

test.each([
  ['a thousand nodes with ten disks each', 'wide', selected(1_000, 10)],
  ['three nodes with 102 disks each', 'deep', selected(3, 102)],
])(
  '%s fit HTTP, Temporal, Kubernetes and kubectl',
  async (_what, name, storage) => {
    const { server, api } = service;
    const byHttp = manifest(`${name}-http`, storage);
    const response = await api.ask('/v1/clusters', {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: stringify(byHttp),
    });
    expect([response.status, response.status === 202 ? '' : await response.text()]).toEqual([202, '']);
    const at = { namespace: 'curve', name: `${name}-http` };
    expect((await find(server.kube, CURVE_CLUSTERS, at))?.['spec']).toMatchObject({ storage });

    const file = `${folder}/${name}.yaml`;
    await writeFile(file, stringify(manifest(`${name}-kubectl`, storage)));
    const { host, port } = server.address;
    await execa(
      tools.kubectl,
      [
        ...['--server', `https://${host}:${port}`, '--token', 'test-admin', '--insecure-skip-tls-verify'],
        ...['apply', '--server-side', '-f', file],
      ],
      { env: { HOME: folder } },
    );
    const stored = await find(server.kube, CURVE_CLUSTERS, { namespace: 'curve', name: `${name}-kubectl` });
    expect(stored?.['spec']).toMatchObject({ storage });
  },
  120_000,
);
