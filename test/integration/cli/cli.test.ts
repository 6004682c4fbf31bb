import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure } from '@temporalio/common';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Document, parse, parseAllDocuments, stringify } from 'yaml';
import { create, remove } from '../../../src/kube/objects.ts';
import { NODES as KUBE_NODES } from '../../../src/kube/resources.ts';
import type { ApiServer } from '../../support/api-server.ts';
import { LEAST, changed } from '../../support/curve-documents.ts';
import {
  TEST_TOKEN,
  type TestApi,
  type TestController,
  type TestKeelson,
  startController,
  startKeelson,
} from '../../support/keelson.ts';
import { eventually } from '../../support/eventually.ts';
import { PERCENTAGE, type World } from '../../support/world.ts';
import { CURVE_CLUSTERS } from '../../support/curve-ids.ts';

const NODES = ['node1', 'node2', 'node3'];
const BASE = changed(LEAST, ['spec', 'storage', 'devices', 0, 'percentage'], PERCENTAGE);
const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

let service: TestKeelson;
let server: ApiServer;
let world: World;
let api: TestApi;
let controller: TestController;
let folder: string;
let name: string;

beforeAll(async () => {
  service = await startKeelson(NODES);
  ({ server, world, api } = service);
  folder = await mkdtemp(`${tmpdir()}/keelson-cli-`);
  for (const node of NODES) await create(server.kube, KUBE_NODES, { metadata: { name: node } });
  controller = startController(server.kube, service.temporal.client, 'curve', 'replica-1');
});
afterAll(async () => {
  await controller.end();
  await service.end();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  name = `c-${randomUUID().slice(0, 8)}`;
  world.before = () => undefined;
  for (const done of [world.formatted, world.pooled, world.running]) done.clear();
});

/** Runs the command as a script does. */
function keelson(...args: string[]) {
  return execa(process.execPath, [MAIN, ...args], {
    env: { KEELSON_SERVER: api.url, KEELSON_TOKEN: TEST_TOKEN },
    reject: false,
  });
}
async function manifest(document: object = BASE): Promise<string> {
  const file = `${folder}/${name}.yaml`;
  await writeFile(file, stringify({ ...document, metadata: { namespace: 'curve', name } }));
  return file;
}

describe('apply --wait', () => {
  test('prints each change as a line, and ends with 0 when the cluster is Ready', async () => {
    const { exitCode, stdout } = await keelson(
      'apply',
      '-f',
      await manifest(),
      '--wait',
      '--timeout',
      '100s',
    );
    expect(stdout).toMatch(
      new RegExp(`^curve/curve/${name} accepted, operation test/curve/cluster/curve/${name}/`),
    );
    expect(stdout).toMatch(/\d\d:\d\d:\d\d {2}chunkservers {4}Done {7}3 nodes/);
    expect(stdout.split('\n').at(-1)).toBe(`curve/${name} is Ready`);
    expect(exitCode).toBe(0);

    // The list is of the resources, which are written a moment later.
    const row = new RegExp(`curve +${name} +True +Succeeded +- +1 +`);
    await eventually(
      'the list says so',
      async () => (await keelson('get')).stdout,
      (text) => row.test(text),
      30_000,
    );
    const one = await keelson('get', name, '-o', 'yaml');
    expect(parse(one.stdout)).toMatchObject({ name, state: 'Succeeded', stale: false });
    const again = await keelson('watch', name, '-o', 'json');
    const events = again.stdout.split('\n').map((line) => JSON.parse(line) as { event: string });
    expect(new Set(events.map((e) => e.event))).toEqual(new Set(['transition', 'cluster']));
    expect(again.exitCode).toBe(0);
    const joined = await keelson('apply', '-f', await manifest(), '--wait', '-o', 'yaml');
    const documents = parseAllDocuments(joined.stdout) as Document[];
    expect(documents.flatMap((d) => d.errors)).toEqual([]);
    expect(new Set(documents.map((d) => (d.toJS() as { event: string }).event))).toEqual(
      new Set(['transition', 'cluster']),
    );
    expect(joined.exitCode).toBe(0);
  });

  test('ends with 1 when the operation fails, and retry --wait with 0 when the cause is corrected', async () => {
    world.before = (a, node) => {
      if (a === 'formatDisks' && node === 'node2')
        throw ApplicationFailure.nonRetryable('it holds LVM', 'DiskRefused', { next: 'name another disk' });
    };
    const failed = await keelson('apply', '-f', await manifest(), '--wait', '--timeout', '100s');
    expect(failed.stderr).toContain('it holds LVM\nnext: name another disk');
    expect(failed.exitCode).toBe(1);
    world.before = () => undefined;
    const retried = await keelson('retry', name, '--wait', '--timeout', '100s');
    expect(retried.stdout).toContain(`curve/${name} is Ready`);
    expect(retried.exitCode).toBe(0);
  });

  test('ends with 5 when the time is over, and says that the work goes on', async () => {
    const held = Promise.withResolvers<void>();
    world.before = (a) => (a === 'formatDisks' ? held.promise : undefined);
    const { exitCode, stderr } = await keelson('apply', '-f', await manifest(), '--wait', '--timeout', '2s');
    held.resolve();
    expect(stderr).toContain(`the operation goes on; follow it again: keelson watch ${name} -n curve`);
    expect(exitCode).toBe(5);
  });

  test('ends with 1 when the resource is deleted meanwhile', async () => {
    const held = Promise.withResolvers<void>();
    world.before = (a) => (a === 'formatDisks' ? held.promise : undefined);
    await keelson('apply', '-f', await manifest());
    const watching = keelson('watch', name);
    await new Promise<void>((resolve) => watching.stdout.once('data', () => resolve()));
    await remove(server.kube, CURVE_CLUSTERS, { namespace: 'curve', name });
    const { exitCode, stderr } = await watching;
    held.resolve();
    expect(stderr).toContain(`there is no CurveCluster "${name}"`);
    expect(exitCode).toBe(1);
  });
});

test('a wrong manifest is refused with 3 and every violation; the standard input is a file too', async () => {
  const wrong = changed(
    changed(BASE, ['spec', 'nodes'], ['node1', 'node2']),
    ['spec', 'storage', 'copySets'],
    0,
  );
  const { exitCode, stderr } = await execa(process.execPath, [MAIN, 'apply', '-f', '-'], {
    env: { KEELSON_SERVER: api.url, KEELSON_TOKEN: TEST_TOKEN },
    input: JSON.stringify({ ...wrong, metadata: { namespace: 'curve', name } }),
    reject: false,
  });
  expect(exitCode).toBe(3);
  expect(stderr).toContain('ManifestInvalid');
  expect(stderr).toContain('spec.nodes');
  expect(stderr).toContain('spec.storage.copySets = 0');
});

test('a plan changes nothing, and ends with 3 when it is not possible', async () => {
  const file = await manifest();
  const possible = await keelson('plan', '-f', file);
  expect(possible.stdout).toContain('✔ possible: 3 disks would be formatted; nothing was changed');
  expect(possible.exitCode).toBe(0);
  const elsewhere = changed(BASE, ['spec', 'storage', 'nodes'], ['node1', 'node2', 'nobody']);
  const impossible = await keelson('plan', '-f', await manifest(elsewhere));
  expect(impossible.exitCode).toBe(3);
});

test('a file of two clusters is planned as two plans', async () => {
  const list = {
    kind: 'List',
    items: ['one', 'two'].map((n) => ({ ...BASE, metadata: { namespace: 'curve', name: n } })),
  };
  const file = `${folder}/${name}.yaml`;
  await writeFile(file, stringify(list));
  const { exitCode, stdout } = await keelson('plan', '-f', file);
  expect(stdout.match(/✔ possible/g)).toHaveLength(2);
  expect(exitCode).toBe(0);
});

test('nodes and disks are listed', async () => {
  expect((await keelson('nodes')).stdout).toMatch(/node1 +NotReady +answering/);
  expect((await keelson('devices', 'node1')).stdout).toMatch(/node1 +\/dev\/vdc +2 GiB +disk +yes/);
});

test('a node that cannot be looked at keeps nobody from the disks of the others', async () => {
  world.report('node2', { trouble: 'lsblk failed' });
  await eventually(
    'it is known',
    () => keelson('devices', 'node2'),
    (d) => d.exitCode !== 0,
    20_000,
  );
  const { exitCode, stdout, stderr } = await keelson('devices');
  expect(stdout.match(/^node\d/gm)).toEqual(['node1', 'node3']);
  expect(stderr).toContain('lsblk failed');
  expect(exitCode).toBe(4);
});

test.each([
  ['an unknown command', ['bogus'], 2],
  ['a missing file', ['apply', '-f', '/nonexistent.yaml'], 2],
  ['a wrong duration', ['watch', 'x', '--timeout', 'soon'], 2],
  ['an unknown cluster', ['get', 'nobody-knows'], 3],
  ['an unknown node', ['devices', 'nobody'], 3],
  ['a wrong token', ['get', '--token', 'wrong'], 3],
  ['an API that is not there', ['get', '--server', 'http://127.0.0.1:9'], 4],
  ['help', ['apply', '--help'], 0],
])('%s ends with the exit code that is documented', async (_what, args, code) => {
  const { exitCode, stdout, stderr } = await keelson(...args);
  expect(exitCode).toBe(code);
  expect(`${stdout}${stderr}`).not.toMatch(/at .*\.ts:\d+/);
});

test('shells complete names of clusters', async () => {
  await create(server.kube, CURVE_CLUSTERS, { metadata: { namespace: 'curve', name }, spec: BASE['spec'] });
  expect((await keelson('__complete', '--', 'watch', name.slice(0, 5))).stdout).toContain(name);
});
