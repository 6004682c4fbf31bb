/** What `npm run check` must find: mistakes are planted in a small tree of their own, under the project's real configuration. */
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const checkout = resolve(import.meta.dirname, '../..');
let tree: string;

beforeAll(async () => {
  tree = await mkdtemp(`${tmpdir()}/keelson-check-`);
  await symlink(`${checkout}/node_modules`, `${tree}/node_modules`);
  for (const file of [
    'package.json',
    'tsconfig.json',
    'tsconfig.pure.json',
    '.oxlintrc.json',
    '.dependency-cruiser.mjs',
  ])
    await cp(`${checkout}/${file}`, `${tree}/${file}`);
  await plant(
    'src/activities/node/contract.ts',
    'export interface NodeActivities { probeNode(): Promise<string> }',
  );
  await plant('src/kube/client.ts', 'export const connect = (): string => "";');
});

afterAll(() => rm(tree, { recursive: true, force: true }));

async function plant(path: string, text: string): Promise<void> {
  await mkdir(dirname(`${tree}/${path}`), { recursive: true });
  await writeFile(`${tree}/${path}`, text);
}

async function outputOf(file: string, ...args: string[]): Promise<string> {
  const { all } = await execa(file, args, {
    cwd: tree,
    preferLocal: true,
    localDir: checkout,
    all: true,
    reject: false,
  });
  return all;
}

test.for([
  ['an activity that nobody awaits', 'node.probeNode();', 'no-floating-promises'],
  ['a timer that nobody awaits', "sleep('1 second');", 'no-floating-promises'],
  ['a promise taken for a truth', "if (node.probeNode()) await sleep('1 second');", 'no-misused-promises'],
  [
    'a case that was forgotten',
    "switch (kind) { case 'disk': await sleep(1); }",
    'switch-exhaustiveness-check',
  ],
  [
    'a promise that leaves its try block',
    'try { return node.probeNode(); } catch { return kind; }',
    'return-await',
  ],
] as const)('lint finds %s', async ([, line, rule]) => {
  await plant(
    'src/workflows/wrong.ts',
    `import { proxyActivities, sleep } from '@temporalio/workflow';
     import type { NodeActivities } from '../activities/node/contract.ts';
     const node = proxyActivities<NodeActivities>({ startToCloseTimeout: '1 minute' });
     export async function wrong(kind: 'disk' | 'mount'): Promise<string> {
       ${line}
       await sleep('1 second');
       return kind + (await node.probeNode());
     }`,
  );
  expect(await outputOf('oxlint', 'src/workflows/wrong.ts')).toContain(`typescript(${rule})`);
});

test('the compiler finds Node where code must be pure', async () => {
  await plant('src/workflows/wrong.ts', 'export const wrong = [process.pid, Buffer.from(""), fetch("")];');
  const output = await outputOf('tsc', '--incremental', 'false', '-p', 'tsconfig.pure.json');
  for (const name of ['process', 'Buffer', 'fetch']) expect(output).toContain(`Cannot find name '${name}'`);
});

test.for([
  ['a workflow with a built-in module', 'src/workflows/wrong.ts', 'node:fs', 'workflows-is-pure'],
  [
    'a workflow with an activity at run time',
    'src/workflows/wrong.ts',
    '../activities/node/contract.ts',
    'workflows-types-only',
  ],
  ['a system that does I/O', 'src/systems/curve/wrong.ts', 'node:fs', 'systems-is-pure'],
  ['a system that knows another', 'src/systems/curve/wrong.ts', '../ceph/spec.ts', 'systems-imports'],
  ['a node with Kubernetes', 'src/node/wrong.ts', '../kube/client.ts', 'node-imports'],
  [
    'a node activity with the Kubernetes client',
    'src/activities/node/wrong.ts',
    '@kubernetes/client-node',
    'kubernetes-client-in-kube',
  ],
  ['an API that does the work', 'src/api/wrong.ts', '../node/disks.ts', 'front-imports'],
  ['an API that knows one system', 'src/api/wrong.ts', '../systems/curve/spec.ts', 'front-imports'],
  [
    'a general activity of one system',
    'src/activities/control/wrong.ts',
    '../../systems/curve/spec.ts',
    'control-activities-imports',
  ],
  [
    'a general workflow of one system',
    'src/workflows/operation/wrong.ts',
    '../../systems/curve/spec.ts',
    'workflows-imports',
  ],
  ['a story of another system', 'src/workflows/curve/wrong.ts', '../ceph/operation.ts', 'stories-imports'],
  ['shared knowledge of one system', 'src/systems/wrong.ts', './curve/spec.ts', 'shared-knowledge-imports'],
  ['somebody who reads the registry', 'src/requests/wrong.ts', '../systems/registry.ts', 'requests-imports'],
  ['somebody who imports a worker', 'src/api/wrong.ts', '../workers/control.ts', 'entry-points-are-ends'],
  ['a sandbox that shares code', 'sandbox/wrong.ts', '../src/kube/client.ts', 'sandbox-stands-alone'],
  ['a folder four levels down', 'src/api/wrong.ts', './a/b/c/d.ts', 'at-most-three-levels'],
  ['a folder without a concern', 'src/api/wrong.ts', './utils/d.ts', 'named-by-concern'],
] as const)('the import rules stop %s', async ([, path, imported, rule]) => {
  await rm(`${tree}/src/workflows`, { recursive: true, force: true });
  if (imported.startsWith('.') && !imported.endsWith('client.ts') && !imported.endsWith('contract.ts'))
    await plant(resolve('/', dirname(path), imported).slice(1), 'export {};');
  await plant(path, `import * as other from '${imported}'; console.log(other);`);
  expect(await outputOf('depcruise', '-c', '.dependency-cruiser.mjs', path)).toContain(`${rule}: ${path}`);
  await rm(`${tree}/${path}`);
});
