import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { createControlActivities } from '../../src/activities/control/activities.ts';
import { createNodeActivities } from '../../src/activities/node/activities.ts';
import { CliError } from '../../src/cli/exit-codes.ts';
import { createProgram } from '../../src/cli/program.ts';
import { create, find, get } from '../../src/kube/objects.ts';
import { CONFIG_MAPS, type CustomObject, NODES as KUBE_NODES } from '../../src/kube/resources.ts';
import type { AcceptedAnswer, ClusterDetail } from '../../src/requests/answers/clusters.ts';
import type { PlanAnswer } from '../../src/requests/answers/nodes.ts';
import type { ProblemDocument } from '../../src/requests/problems.ts';
import { meaningOf } from '../../src/requests/view/activities.ts';
import { readStatus } from '../../src/requests/view/status.ts';
import { clusterIdName } from '../../src/systems/names.ts';
import { SYSTEMS } from '../../src/systems/registry.ts';
import { SystemRegistry } from '../../src/systems/system.ts';
import { controlActivities } from '../../src/workers/control-activities.ts';
import { nodeActivities } from '../../src/workers/node-activities.ts';
import { type Composition, type ExampleKeelson, startExample } from '../example-system/start.ts';
import { EXAMPLE } from '../example-system/systems/system.ts';
import { type ApiServer, makeNamespace, startApiServer } from '../support/api-server.ts';
import { LEAST } from '../support/curve-documents.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_TOKEN } from '../support/keelson.ts';
import { startTemporal } from '../support/temporal.ts';

/** A build that knows the example and nothing else. */
const ALONE: Composition = {
  systems: new SystemRegistry([EXAMPLE]),
  workflows: new URL('../example-system/workflows/index.ts', import.meta.url),
  control: (deps) => ({ calls: createControlActivities(deps), waits: {} }),
  node: createNodeActivities,
};

/** The product, and the example as one system more. */
const BESIDE: Composition = {
  systems: new SystemRegistry([...SYSTEMS.systems, EXAMPLE]),
  workflows: new URL('../example-system/workflows/beside-curve.ts', import.meta.url),
  control: controlActivities,
  node: nodeActivities,
};

const NODES = ['node1', 'node2'];
const SPACE = 'stores';
const [STORES] = EXAMPLE.kinds.map(({ resource }) => resource);
if (STORES === undefined) throw new Error('the example has no kind');

let server: ApiServer;
let temporal: TestWorkflowEnvironment;
let keelson: ExampleKeelson;
let folder: string;
let manifest: CustomObject;

beforeAll(async () => {
  // One after the other: both look for free ports, and take them later.
  server = await startApiServer(BESIDE.systems);
  temporal = await startTemporal();
  folder = await mkdtemp(`${tmpdir()}/keelson-stores-`);
  manifest = parse(await readFile('test/example-system/store.yaml', 'utf8')) as CustomObject;
  await makeNamespace(server, SPACE);
  for (const node of NODES) await create(server.kube, KUBE_NODES, { metadata: { name: node } });
});
afterAll(async () => {
  await temporal.teardown();
  await server.end();
  await rm(folder, { recursive: true, force: true });
});

const named = (
  name: string,
  settings: Readonly<Record<string, string>> = { colour: 'blue' },
): CustomObject => ({
  ...manifest,
  metadata: { namespace: SPACE, name },
  spec: { ...(manifest.spec as object), settings },
});
const at = (name: string) => ({ namespace: SPACE, name });
const ownerFile = (node: string, name: string): string =>
  keelson.at(node, `/var/lib/example/${SPACE}.${name}/.owner`);
const settingsOf = async (name: string) =>
  (await find(server.kube, CONFIG_MAPS, at(`${name}-settings`)))?.data;

const post = (document: unknown, query = '') =>
  keelson.api.ask(`/v1/clusters${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: stringify(document),
  });
const detail = async (name: string, system = 'example'): Promise<ClusterDetail> =>
  (await (await keelson.api.ask(`/v1/clusters/${system}/${SPACE}/${name}`)).json()) as ClusterDetail;
const ends = (name: string, state: ClusterDetail['state'], generation = 1, system = 'example') =>
  eventually(
    `${name} is ${state}`,
    () => detail(name, system),
    (d) => d.state === state && d.operation?.generation === generation,
    60_000,
  );
const phasesOf = ({ phases }: ClusterDetail) => phases.map((p) => [p.name, p.state]);

/** Runs a command of the CLI within this process. */
async function cli(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    live: false,
    size: () => ({ columns: 200, rows: 50 }),
    env: { KEELSON_SERVER: keelson.api.url, KEELSON_TOKEN: TEST_TOKEN },
    now: () => new Date(),
  };
  const printed = (exitCode: number) => ({ exitCode, out: out.join('\n'), err: err.join('\n') });
  try {
    await createProgram(terminal, 'test').parseAsync(args, { from: 'user' });
    return printed(0);
  } catch (error) {
    if (!(error instanceof CliError || error instanceof CommanderError)) throw error;
    err.push(error.message);
    return printed(error.exitCode);
  }
}
async function fileOf(document: CustomObject): Promise<string> {
  const file = `${folder}/${document.metadata?.name ?? ''}.yaml`;
  await writeFile(file, stringify(document));
  return file;
}

describe('a build that knows the example alone', () => {
  beforeAll(async () => {
    keelson = await startExample(server, temporal, NODES, ALONE);
  });
  afterAll(() => keelson.end());

  test('plans it, and changes nothing', async () => {
    const { exitCode, out, err } = await cli('plan', '-f', await fileOf(named('planned')));
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out.split('\n')).toEqual([
      `folder: /var/lib/example/${SPACE}.planned on 2 nodes`,
      'objects 1 ConfigMap',
      '',
      expect.stringContaining('possible: nothing was changed'),
    ]);
    expect(await find(server.kube, STORES, at('planned'))).toBeUndefined();
    expect(await find(server.kube, CONFIG_MAPS, at(clusterIdName('planned')))).toBeUndefined();
    await expect(readFile(ownerFile('node1', 'planned'))).rejects.toThrow('ENOENT');
  });

  test('applies it from the command line until it is Ready', async () => {
    const { exitCode, out } = await cli('apply', '-f', await fileOf(named('applied')), '--wait');
    expect(exitCode, out).toBe(0);
    expect(out).toMatch(/settings +Done +1 settings/);
    expect(out).toMatch(/folder +Done +2 nodes/);
    expect(out.split('\n').at(-1)).toBe(`${SPACE}/applied is Ready`);

    expect(await settingsOf('applied')).toEqual({ colour: 'blue' });
    const id = (await get(server.kube, CONFIG_MAPS, at(clusterIdName('applied')))).data?.['clusterId'];
    const owners = await Promise.all(NODES.map((node) => readFile(ownerFile(node, 'applied'), 'utf8')));
    expect(owners).toEqual([`${id}\n`, `${id}\n`]);

    const listed = await cli('get');
    expect(listed.out).toMatch(new RegExp(`^NAMESPACE +NAME.*\\n(.*\\n)*${SPACE} +applied +True +Succeeded`));
    expect((await cli('get', 'applied')).out).toMatch(/✔ folder +Done +2\/2/);
  });

  test('answers where it stands, and what has happened', async () => {
    const answer = (await (await post(named('read'))).json()) as AcceptedAnswer;
    const uid = (await get(server.kube, STORES, at('read'))).metadata?.uid ?? '';
    expect(answer).toMatchObject({
      id: `example/${SPACE}/read`,
      operation: `test/example/cluster/${SPACE}/read/${uid.slice(0, 8)}-1-1`,
    });
    const done = await ends('read', 'Succeeded');
    expect(phasesOf(done)).toEqual([
      ['settings', 'Done'],
      ['folder', 'Done'],
    ]);
    const watched = await cli('watch', 'read', '-o', 'json');
    const told = watched.out
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; data: { phase?: string; state?: string } })
      .filter(({ event }) => event === 'transition')
      .map(({ data }) => `${data.phase} ${data.state}`);
    expect(told).toEqual(['settings Running', 'settings Done', 'folder Running', 'folder Done']);
  });

  test('takes up what was created with kubectl, and says so', async () => {
    await create(server.kube, STORES, named('created'));
    const done = await ends('created', 'Succeeded');
    expect(done.conditions).toContainEqual(expect.objectContaining({ type: 'Accepted', status: 'True' }));
    const live = await eventually(
      'the status says so',
      () => get(server.kube, STORES, at('created')),
      ({ status }) => readStatus(status).operation?.state === 'Succeeded',
      30_000,
    );
    expect(readStatus(live.status).phases.map((p) => p.name)).toEqual(['settings', 'folder']);
  });

  test('a change is an operation that skips what is there', async () => {
    await post(named('changed'));
    await ends('changed', 'Succeeded');
    await post(named('changed', { colour: 'red' }));
    expect(phasesOf(await ends('changed', 'Succeeded', 2))).toEqual([
      ['settings', 'Done'],
      ['folder', 'Skipped'],
    ]);
    expect(await settingsOf('changed')).toEqual({ colour: 'red' });
  });

  test('leaves alone what a stranger has there; plan and failure say the same, and a retry goes on', async () => {
    const strange = keelson.at('node2', `/var/lib/example/${SPACE}.taken`);
    await mkdir(strange, { recursive: true });
    await writeFile(`${strange}/data`, 'of somebody else');
    const why = `node2: /var/lib/example/${SPACE}.taken is not ours: it holds files`;

    const plan = (await (await post(named('taken'), '?dryRun=true')).json()) as PlanAnswer;
    expect(plan).toMatchObject({ possible: false, problems: [{ path: 'spec.folder', message: why }] });
    const applied = await cli('apply', '-f', await fileOf(named('taken')), '--wait');
    expect(applied.exitCode).toBe(1);
    expect(applied.err).toContain(`FolderRefused: ${why}`);
    expect(applied.err).toContain('see that nobody needs it and remove it by hand');
    expect(await readFile(`${strange}/data`, 'utf8')).toBe('of somebody else');
    expect(phasesOf(await detail('taken'))).toEqual([
      ['settings', 'Done'],
      ['folder', 'Failed'],
    ]);

    await rm(strange, { recursive: true });
    expect(await cli('retry', 'taken', '--wait')).toMatchObject({ exitCode: 0 });
    const retried = await detail('taken');
    expect(retried.operation).toMatchObject({ attempt: 2, state: 'Succeeded' });
    expect(phasesOf(retried)).toEqual([
      ['settings', 'Skipped'],
      ['folder', 'Done'],
    ]);
  });

  test('refuses a manifest with all that is wrong with it', async () => {
    const wrong = { ...named('wrong'), spec: { nodes: ['node1', 'node1'], foldr: '/x' } };
    const refusal = (await (await post(wrong)).json()) as ProblemDocument;
    expect(refusal).toMatchObject({ code: 'ManifestInvalid', subject: `ExampleStore ${SPACE}/wrong` });
    expect(refusal.violations).toEqual([
      { path: 'spec.foldr', message: 'there is no such field', next: 'did you mean folder?' },
      { path: 'spec.nodes[1]', value: 'node1', message: 'is named twice', next: 'name every node once' },
    ]);
  });
});

describe('the product with the example as one system more', () => {
  beforeAll(async () => {
    keelson = await startExample(server, temporal, NODES, BESIDE);
  });
  afterAll(() => keelson.end());

  test('two systems may have clusters of one name in one namespace', async () => {
    const curve = { ...LEAST, metadata: { namespace: SPACE, name: 'same' } };
    expect([(await post(curve)).status, (await post(named('same'))).status]).toEqual([202, 202]);

    await ends('same', 'Succeeded');
    const failed = await ends('same', 'Failed', 1, 'curve');
    expect(failed.phases.map((p) => p.name)).toContain('logicalPool');
    expect(failed.message).toMatch(/node3/);

    const listed = await cli('get', '-n', SPACE);
    expect(listed.out).toMatch(new RegExp(`curve +${SPACE} +same .*Failed`));
    expect(listed.out).toMatch(new RegExp(`example +${SPACE} +same .*Succeeded`));
    expect((await cli('get', 'same')).err).toContain(
      `say which, curve/same -n ${SPACE}, example/same -n ${SPACE}`,
    );
    expect((await cli('get', 'example/same', '-n', SPACE)).out).toMatch(/✔ folder/);
  });

  test('a manifest of no known kind is told which there are', async () => {
    const refusal = (await (await post({ ...named('other'), kind: 'CephStore' })).json()) as ProblemDocument;
    expect(refusal.violations).toMatchObject([
      {
        path: 'kind',
        next: 'kinds are operator.curve.io/v1 CurveCluster, example.keelson.io/v1 ExampleStore',
      },
    ]);
  });

  test('the documentation of the API describes the manifests of both', async () => {
    const text = await (await keelson.api.ask('/openapi.json')).text();
    expect(text).toContain('CurveCluster, ExampleStore');
  });

  test('what a pending activity means is told in the words of the phases of its own system', () => {
    const phases = BESIDE.systems.systems.map((system) => meaningOf(system, 'claimClusterId')?.phases);
    expect(phases).toEqual([['preflight'], ['settings']]);
    expect(meaningOf(EXAMPLE, 'formatDisks')).toBeUndefined();
    expect(meaningOf(EXAMPLE, 'curve.applyEtcd')).toBeUndefined();
  });
});
