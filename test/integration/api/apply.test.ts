import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { AcceptedAnswer, ClusterDetail } from '../../../src/requests/answers/clusters.ts';
import type { ProblemDocument } from '../../../src/requests/problems.ts';
import { apply } from '../../../src/kube/apply.ts';
import { create, find, get, list } from '../../../src/kube/objects.ts';
import { type CustomObject, DEPLOYMENTS, PODS } from '../../../src/kube/resources.ts';
import { ANNOTATION } from '../../../src/systems/names.ts';
import { componentLabels } from '../../../src/systems/curve/names.ts';
import type { ApiServer } from '../../support/api-server.ts';
import { LEAST, changed } from '../../support/curve-documents.ts';
import { eventually } from '../../support/eventually.ts';
import { type TestApi, type TestKeelson, startKeelson } from '../../support/keelson.ts';
import { PERCENTAGE } from '../../support/world.ts';
import { CURVE_CLUSTERS, curveRef, entityWorkflowId } from '../../support/curve-ids.ts';

const NODES = ['node1', 'node2', 'node3'];

let service: TestKeelson;
let server: ApiServer;
let temporal: TestWorkflowEnvironment;
let api: TestApi;

beforeAll(async () => {
  service = await startKeelson(NODES);
  ({ server, temporal, api } = service);
});
afterAll(() => service.end());

/** What the world in memory expects of disks. */
const BASE: CustomObject = changed(LEAST, ['spec', 'storage', 'devices', 0, 'percentage'], PERCENTAGE);
const named = (name: string, more: object = {}): CustomObject => ({
  ...BASE,
  metadata: { name, namespace: 'curve', ...more },
});
const post = (document: unknown, query = '', type = 'application/yaml') =>
  api.ask(`/v1/clusters${query}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: type.includes('json') ? JSON.stringify(document) : stringify(document),
  });
const problem = async (response: Response): Promise<ProblemDocument> => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as ProblemDocument;
};
const detail = async (name: string): Promise<ClusterDetail> =>
  (await (await api.ask(`/v1/clusters/curve/curve/${name}`)).json()) as ClusterDetail;
const stored = (name: string) => find(server.kube, CURVE_CLUSTERS, { namespace: 'curve', name });

describe('a manifest that is posted', () => {
  test('is stored by the manager keelson-api, accepted, and worked on to its end', async () => {
    const response = await post(named('first'));
    expect(response.status).toBe(202);
    const answer = (await response.json()) as AcceptedAnswer;
    const resource = await stored('first');
    const uid = resource?.metadata?.uid ?? '';
    expect(answer).toEqual({
      id: 'curve/curve/first',
      operation: `test/curve/cluster/curve/first/${uid.slice(0, 8)}-1-1`,
      generation: 1,
      links: {
        self: '/v1/clusters/curve/curve/first',
        events: '/v1/clusters/curve/curve/first/events',
        retry: '/v1/clusters/curve/curve/first/retry',
        temporalUi: `http://temporal.test/namespaces/default/workflows/${encodeURIComponent(answer.operation)}`,
      },
      warnings: [],
    });
    expect(resource?.metadata?.managedFields?.map((m) => m.manager)).toContain('keelson-api');
    const done = await eventually(
      'it succeeds',
      () => detail('first'),
      (d) => d.state === 'Succeeded',
      60_000,
    );
    expect(done.phases.map((p) => [p.name, p.state])).toContainEqual(['chunkservers', 'Done']);
    expect(done).toMatchObject({
      stale: false,
      generation: 1,
      operation: { id: answer.operation, attempt: 1 },
    });
  });

  test('as JSON, a second time, is the same operation', async () => {
    const first = (await (await post(named('twice'))).json()) as AcceptedAnswer;
    const second = await post(named('twice'), '', 'application/json');
    expect(second.status).toBe(202);
    expect((await second.json()) as AcceptedAnswer).toEqual(first);
  });

  test('two at the same moment are one operation', async () => {
    const answers = await Promise.all([1, 2, 3].map(async () => (await post(named('race'))).json()));
    expect(new Set(answers.map((a) => (a as AcceptedAnswer).operation)).size).toBe(1);
  });

  test('with a wrong field is refused with all violations at once, and nothing is stored', async () => {
    const wrong = changed(
      changed(named('wrong'), ['spec', 'storage', 'copySets'], 0),
      ['spec', 'snapShotClone'],
      { s3Config: { sk: 'very-secret' } },
    );
    const response = await post(wrong);
    expect(response.status).toBe(422);
    const refusal = await problem(response);
    expect(refusal).toMatchObject({ code: 'ManifestInvalid', subject: 'CurveCluster curve/wrong' });
    expect(refusal.violations?.map((v) => v.path).toSorted()).toEqual([
      'spec.snapShotClone.s3Config.sk',
      'spec.storage.copySets',
    ]);
    expect(JSON.stringify(refusal)).not.toContain('very-secret');
    expect(await stored('wrong')).toBeUndefined();
  });

  test('together with others is worked on in the order of the file; other kinds are left to kubectl', async () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'aside', namespace: 'curve' } };
    const body = [config, named('several-b'), { kind: 'List', items: [named('several-a')] }]
      .map((document) => stringify(document))
      .join('---\n');
    const response = await api.ask('/v1/clusters', {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: Buffer.from(`\uFEFF${body}---\n`, 'utf16le'),
    });
    expect(response.status).toBe(202);
    const { items } = (await response.json()) as { items: readonly AcceptedAnswer[] };
    expect(items.map(({ id, warnings }) => [id, warnings])).toEqual([
      [
        'curve/curve/several-b',
        ['ConfigMap aside is of no kind of Keelson and was left out: kubectl apply takes it'],
      ],
      ['curve/curve/several-a', []],
    ]);
    expect(await stored('several-b')).toBeDefined();
    expect(await stored('several-a')).toBeDefined();
  });

  test('beside a wrong one is not stored', async () => {
    const wrong = changed(named('beside-wrong'), ['spec', 'storage', 'copySets'], 0);
    const response = await post({ kind: 'List', items: [named('beside'), wrong] });
    expect(await problem(response)).toMatchObject({
      code: 'ManifestInvalid',
      subject: 'CurveCluster curve/beside-wrong',
    });
    expect(await stored('beside')).toBeUndefined();
  });

  test('into a namespace that does not exist names the kubectl command', async () => {
    const response = await post({ ...LEAST, metadata: { name: 'nowhere', namespace: 'nowhere' } });
    expect(response.status).toBe(422);
    expect(await problem(response)).toMatchObject({
      code: 'NamespaceMissing',
      next: 'kubectl create namespace nowhere',
    });
  });

  test.each([
    ['nothing', '', 'the body is empty'],
    [
      'no YAML',
      'a: [',
      'Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5:',
    ],
    ['a file of comments', '# a\n---\n# b\n', 'the body is empty'],
  ])('that is %s is refused as unreadable', async (_what, body, detailed) => {
    const response = await api.ask('/v1/clusters', {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body,
    });
    expect(response.status).toBe(400);
    const refusal = await problem(response);
    expect(refusal.code).toBe('ManifestUnreadable');
    expect(refusal.detail).toBe(detailed);
  });

  test('of an unknown type or too large is refused', async () => {
    expect(await problem(await post(named('x'), '', 'text/plain'))).toMatchObject({
      code: 'MediaTypeUnsupported',
    });
    const large = await post(named('x', { annotations: { much: 'x'.repeat(8_400_000) } }));
    expect(await problem(large)).toMatchObject({ code: 'BodyTooLarge', status: 413 });
  });

  test('conflicts with fields that kubectl has set, until it is forced', async () => {
    const theirs: CustomObject = changed(named('held'), ['spec', 'storage', 'copySets'], 50);
    await apply(server.kube, CURVE_CLUSTERS, theirs, { manager: 'kubectl', force: false });
    const ours = changed(named('held'), ['spec', 'storage', 'copySets'], 60);
    const response = await post(ours);
    expect(response.status).toBe(409);
    const refusal = await problem(response);
    expect(refusal.code).toBe('FieldConflict');
    expect(refusal.conflicts).toEqual([{ field: 'spec.storage.copySets', manager: 'kubectl' }]);
    expect((await post(ours, '?dryRun=true')).status).toBe(409);

    const forced = await post(ours, '?force=true');
    expect(forced.status).toBe(202);
    expect((await stored('held'))?.spec).toMatchObject({ storage: { copySets: 60 } });
  });

  test('is judged together with what others have set', async () => {
    // Somebody owns useSelectedNodes; ours alone would be right, both together name no disk.
    const theirs: CustomObject = {
      metadata: { namespace: 'curve', name: 'merged' },
      spec: changed(BASE.spec as object, ['storage', 'useSelectedNodes'], true),
    };
    await apply(server.kube, CURVE_CLUSTERS, theirs, { manager: 'kubectl', force: false });
    const response = await post(named('merged'));
    expect(response.status).toBe(422);
    expect((await problem(response)).violations?.map((v) => v.path)).toContain('spec.storage.selectedNodes');
  });
});

test('a dry run answers the plan and changes nothing', async () => {
  const response = await post(named('planned'), '?dryRun=true');
  expect(response.status).toBe(200);
  const plan = (await response.json()) as { possible: boolean; nodes: unknown[]; warnings: unknown[] };
  expect(plan).toMatchObject({ possible: true, warnings: [] });
  expect(plan.nodes).toHaveLength(3);
  expect(await stored('planned')).toBeUndefined();
  const entity = temporal.client.workflow.getHandle(
    entityWorkflowId({ namespace: 'curve', name: 'planned' }),
  );
  await expect(entity.describe()).rejects.toThrow(/not found/i);
});

test('a manifest applied with kubectl is no conflict when it is posted', async () => {
  const document: CustomObject = named('both');
  await apply(server.kube, CURVE_CLUSTERS, document, { manager: 'kubectl', force: false });
  expect((await post(document)).status).toBe(202);
  expect((await stored('both'))?.metadata?.generation).toBe(1);
});

describe('what runs already', () => {
  /** As a chunkserver of the cluster `name` that runs on node1 with /dev/vdc. */
  async function runChunkserver(name: string): Promise<void> {
    const labels = componentLabels(curveRef(name), 'id', {
      component: 'chunkserver',
      node: 'node1',
      device: '/dev/vdc',
    });
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'x', image: LEAST.spec.curveVersion.image }] },
    };
    const at = { namespace: 'curve', name: `${name}-chunkserver` };
    const annotations = {
      [ANNOTATION.node]: 'node1',
      [ANNOTATION.device]: '/dev/vdc',
      [ANNOTATION.mountPath]: '/data/elsewhere',
      [ANNOTATION.hostDataDir]: '/curvebs',
      [ANNOTATION.ports]: '{"port":8200}',
    };
    await create(server.kube, DEPLOYMENTS, {
      metadata: { ...at, labels, annotations },
      spec: { selector: { matchLabels: labels }, template },
    });
    const pod = { metadata: { ...at, labels }, spec: template.spec };
    await create(server.kube, PODS, pod);
    const status = {
      containerStatuses: [
        { name: 'x', image: 'x', imageID: '', ready: true, restartCount: 0, state: { running: {} } },
      ],
    };
    await apply(
      server.kube,
      PODS,
      { metadata: at, status },
      { manager: 'kubelet', force: true, subresource: 'status' },
    );
  }

  test('cannot be changed: it is refused before anything is stored or started', async () => {
    await runChunkserver('fixed');
    const response = await post(named('fixed'));
    expect(response.status).toBe(422);
    expect(await problem(response)).toMatchObject({
      code: 'ManifestImmutable',
      subject: 'CurveCluster curve/fixed',
      violations: [{ path: 'spec.storage.devices[0].mountPath', next: 'set it back to /data/elsewhere' }],
    });
    expect(await stored('fixed')).toBeUndefined();
    expect((await post(named('fixed'), '?dryRun=true')).status).toBe(422);
  });
});

test('a manifest that came out of kubectl get -o yaml may be sent back', async () => {
  await post(named('back'));
  const live = await get(server.kube, CURVE_CLUSTERS, { namespace: 'curve', name: 'back' });
  const response = await post(live);
  expect(response.status).toBe(202);
  expect((await stored('back'))?.metadata?.generation).toBe(1);
});

describe('behind a closed door', () => {
  test.each([
    ['without a token', {}],
    ['with another token', { authorization: 'Bearer no' }],
    ['with the token as basic auth', { authorization: 'Basic YS10b2tlbi1mb3ItdGVzdHM=' }],
  ])('a request %s is refused', async (_how, headers) => {
    const response = await fetch(`${api.url}/v1/clusters`, { headers });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await problem(response)).toMatchObject({ code: 'Unauthorized' });
  });

  test.each(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'])('%s is open', async (path) => {
    const response = await fetch(api.url + path);
    expect(response.status).toBe(200);
  });

  test('an address that is nothing is a problem too', async () => {
    expect(await problem(await api.ask('/v2/x'))).toMatchObject({ code: 'RouteNotFound', instance: '/v2/x' });
    expect(await problem(await api.ask('/v1/clusters/curve/curve/none'))).toMatchObject({
      code: 'ClusterNotFound',
    });
    expect(await problem(await api.ask('/v1/clusters?dryRun=maybe', { method: 'POST' }))).toMatchObject({
      status: expect.any(Number),
    });
  });
});

test('the page for people loads nothing from elsewhere', async () => {
  const page = await (await fetch(`${api.url}/docs`)).text();
  const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((m) => m[1] ?? '');
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    expect(file).not.toMatch(/^(https?:)?\/\//);
    expect((await fetch(new URL(file, `${api.url}/docs/`))).status).toBe(200);
  }
});

test('the list names every cluster from its resource', async () => {
  const { items } = await list(server.kube, CURVE_CLUSTERS, {});
  const answer = (await (await api.ask('/v1/clusters?namespace=curve')).json()) as {
    items: { name: string }[];
  };
  expect(answer.items.map((c) => c.name).toSorted()).toEqual(
    items.map((i) => i.metadata?.name ?? '').toSorted(),
  );
});
