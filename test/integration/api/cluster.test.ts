import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { heartbeat } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type {
  AcceptedAnswer,
  ClusterDetail,
  ClusterSummary,
} from '../../../src/requests/answers/clusters.ts';
import type { ProblemDocument } from '../../../src/requests/problems.ts';
import { type ServerEvent, readEvents } from '../../../src/cli/sse.ts';
import { apply as kubeApply } from '../../../src/kube/apply.ts';
import { create, remove } from '../../../src/kube/objects.ts';
import { NODES as KUBE_NODES } from '../../../src/kube/resources.ts';
import { type ApiServer, makeNamespace, startApiServer } from '../../support/api-server.ts';
import { LEAST, changed } from '../../support/curve-documents.ts';
import { eventually } from '../../support/eventually.ts';
import { type TestApi, endWorkers, startApi, startWorkers } from '../../support/keelson.ts';
import { startTemporal } from '../../support/temporal.ts';
import { PERCENTAGE, World } from '../../support/world.ts';
import { CURVE_CLUSTERS, entityWorkflowId } from '../../support/curve-ids.ts';

const NODES = ['node1', 'node2', 'node3'];
const BASE = changed(LEAST, ['spec', 'storage', 'devices', 0, 'percentage'], PERCENTAGE);

let server: ApiServer;
let temporal: TestWorkflowEnvironment;
let api: TestApi;
let world: World;
let workers: readonly Worker[];
let running: Promise<unknown>;
let name: string;

beforeAll(async () => {
  // One after the other: both look for free ports, and take them later.
  server = await startApiServer();
  temporal = await startTemporal();
  await makeNamespace(server, 'curve');
  for (const node of NODES) await create(server.kube, KUBE_NODES, { metadata: { name: node } });
  api = await startApi(server.kube, temporal.client);
});
afterAll(async () => {
  await api.end();
  await temporal.teardown();
  await server.end();
});
beforeEach(async () => {
  name = `c-${randomUUID().slice(0, 8)}`;
  world = new World(NODES);
  await startWork();
});
afterEach(() => stopWork());

async function startWork(): Promise<void> {
  workers = await startWorkers(temporal, world, NODES, server.kube);
  running = Promise.all(workers.map((w) => w.run()));
}
async function stopWork(): Promise<void> {
  await endWorkers(workers, running);
}

const path = (more = '') => `/v1/clusters/curve/curve/${name}${more}`;
const json = async <T>(response: Response): Promise<T> => (await response.json()) as T;
const detail = async (): Promise<ClusterDetail> => json(await api.ask(path()));
const applyAs = async (spec: object): Promise<AcceptedAnswer> =>
  json(
    await api.ask('/v1/clusters', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...BASE, spec, metadata: { namespace: 'curve', name } }),
    }),
  );
const apply = () => applyAs(BASE['spec'] as object);
const retry = (seen?: string) =>
  api.ask(path(`/retry${seen === undefined ? '' : `?operation=${encodeURIComponent(seen)}`}`), {
    method: 'POST',
  });
const until = (what: string, satisfied: (d: ClusterDetail) => boolean) =>
  eventually(what, detail, satisfied, 60_000);

/** What its resource says, written a moment after it is so. */
const inTheList = async () =>
  (await json<{ items: ClusterSummary[] }>(await api.ask('/v1/clusters'))).items.find((c) => c.name === name);

/** Holds an activity until it is let go. */
function hold(activity: string): { readonly reached: Promise<void>; readonly release: () => void } {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const before = world.before;
  world.before = async (a, node) => {
    await before(a, node);
    if (a !== activity) return;
    reached.resolve();
    await released.promise;
  };
  return { reached: reached.promise, release: released.resolve };
}

describe('GET of one cluster', () => {
  test('shows what goes on now, from the heartbeats of the activities', async () => {
    const held = hold('formatDisks');
    const { before } = world;
    world.before = (a, node) => {
      if (a === 'formatDisks') heartbeat({ done: 1, total: 4, waitingFor: 'mkfs.ext4 on /dev/vdd' });
      return before(a, node);
    };
    await apply();
    await held.reached;
    const seen = await until('all three format', (d) => d.phases[1]?.progress?.total === 12);
    expect(seen.phases[1]).toMatchObject({
      name: 'format',
      state: 'Running',
      percent: 25,
      nodes: { done: 0, total: 3 },
    });
    expect(seen.phases[1]?.waitingFor.toSorted()).toEqual(NODES.map((n) => `${n}: mkfs.ext4 on /dev/vdd`));
    held.release();
    await until('it succeeds', (d) => d.state === 'Succeeded');
  });

  test('says what a person could do about what is tried again', async () => {
    world.before = (a, node) => {
      if (a === 'formatDisks' && node === 'node2')
        throw ApplicationFailure.retryable('mkfs failed', 'ToolFailed', { next: 'look at the disk' });
    };
    await apply();
    const seen = await until('it is tried again', (d) => d.phases[1]?.lastError !== undefined);
    expect(seen.phases[1]).toMatchObject({ lastError: 'mkfs failed', next: 'look at the disk' });
    world.before = () => undefined;
    await until('it succeeds', (d) => d.state === 'Succeeded');
  });

  test('says what the resource remembers, as stale, while no worker answers', async () => {
    const { operation } = await apply();
    await eventually('the resource remembers its end', inTheList, (c) => c?.state === 'Succeeded', 60_000);
    await stopWork();
    // Another process than the one that saw the end of it.
    const other = await startApi(server.kube, temporal.client);
    const seen = await json<ClusterDetail>(await other.ask(path()));
    await other.end();
    expect(seen).toMatchObject({
      state: 'Succeeded',
      stale: true,
      operation: { id: operation, state: 'Succeeded' },
    });
    expect(seen.staleReason).toContain('no control worker');
    expect(seen.phases.map((p) => p.name)).toContain('logicalPool');
    await startWork();
  });
});

describe('retry', () => {
  /** An operation that a person terminated, and the workflow of the cluster with it: nothing remembers it any more. */
  async function terminatedWithItsCluster(): Promise<string> {
    const held = hold('formatDisks');
    const { operation } = await apply();
    await held.reached;
    const entity = entityWorkflowId({ namespace: 'curve', name });
    for (const id of [entity, operation]) await temporal.client.workflow.getHandle(id).terminate();
    held.release();
    await until('it is seen as failed', (d) => d.state === 'Failed');
    return operation;
  }

  /** What the server does by itself when an execution has been closed for the retention of its namespace. */
  async function forget(workflowId: string): Promise<void> {
    const { namespace } = temporal.client.options;
    const handle = temporal.client.workflow.getHandle(workflowId);
    await handle.result().catch(() => undefined);
    const workflowExecution = { workflowId };
    await temporal.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
    const gone = () =>
      handle.describe().then(
        () => false,
        (err: unknown) => err instanceof WorkflowNotFoundError,
      );
    // The server lets go of it about 35 s later.
    await eventually('Temporal has forgotten it', gone, (is) => is, 100_000);
  }

  test('of a failed operation goes on; pressed twice it is one', async () => {
    world.before = (a, node) => {
      if (a === 'formatDisks' && node === 'node2')
        throw ApplicationFailure.nonRetryable('it holds LVM', 'DiskRefused', { next: 'name another disk' });
    };
    const first = await apply();
    const failed = await until('it fails', (d) => d.state === 'Failed');
    expect(failed.phases[1]).toMatchObject({ name: 'format', state: 'Failed' });
    expect(failed.phases[1]).toMatchObject({
      lastError: 'DiskRefused: it holds LVM',
      next: 'name another disk',
    });
    expect(failed.operation).toMatchObject({ next: 'name another disk' });

    world.before = () => undefined;
    const again = { status: 202, operation: first.operation.replace(/-1$/, '-2'), generation: 1 };
    const pressed = async (seen?: string) => {
      const response = await retry(seen);
      return { status: response.status, ...(await json<AcceptedAnswer>(response)) };
    };
    const held = hold('formatDisks');
    for (const answer of await Promise.all([pressed(), pressed(), pressed(first.operation)]))
      expect(answer).toMatchObject(again);
    held.release();
    const done = await until('it succeeds', (d) => d.state === 'Succeeded');
    expect(done.operation).toMatchObject({ attempt: 2 });
    // The hazard: a request that was under way for as long as the whole new operation.
    expect(await pressed(first.operation)).toMatchObject(again);
    expect(await detail()).toMatchObject({ state: 'Succeeded', operation: { attempt: 2 } });
  });

  test('of an operation of another cluster, or of none, is a problem', async () => {
    await apply();
    for (const seen of ['typo', `curve/curve/${name}x/0-1-1`])
      expect(await json<ProblemDocument>(await retry(seen))).toMatchObject({
        code: 'OperationNotFound',
        subject: `operation ${seen}`,
      });
    await until('it succeeds', (d) => d.state === 'Succeeded');
  });

  test('of an operation that is still to begin, because the one before it has not left, starts no third', async () => {
    const held = hold('formatDisks');
    const { operation } = await apply();
    await held.reached;
    const second = await applyAs(changed(BASE['spec'] as object, ['storage', 'copySets'], 200));
    expect(second.operation).toBe(operation.replace(/-1-1$/, '-2-1'));
    const waiting = await until('it waits', (d) => d.operation?.id === second.operation);
    expect(waiting).toMatchObject({
      state: 'Running',
      message: expect.stringContaining(`when operation ${operation} has left`),
    });
    expect(new Set(waiting.phases.map((p) => p.state))).toEqual(new Set(['Pending']));
    expect(await json<AcceptedAnswer>(await retry())).toMatchObject({ operation: second.operation });

    // What was answered while it waited keeps nobody from trying it again when it has failed. It fails at what the first
    // operation cannot have done: that one never came past format.
    world.before = (a) => {
      if (a === 'createLogicalPool')
        throw ApplicationFailure.nonRetryable('quota exceeded', 'KubernetesRefused');
    };
    held.release();
    const failed = await until('it fails', (d) => d.state === 'Failed');
    expect(failed.operation).toMatchObject({ id: second.operation, attempt: 1 });
    world.before = () => undefined;
    expect(await json<AcceptedAnswer>(await retry())).toMatchObject({
      operation: second.operation.replace(/-1$/, '-2'),
    });
    await until('it succeeds', (d) => d.operation?.attempt === 2 && d.state === 'Succeeded');
  });

  test('of an operation that nobody is left to begin, since the workflow of the cluster was terminated, goes on', async () => {
    const held = hold('formatDisks');
    const { operation } = await apply();
    await held.reached;
    const second = await applyAs(changed(BASE['spec'] as object, ['storage', 'copySets'], 200));
    const entity = entityWorkflowId({ namespace: 'curve', name });
    for (const id of [entity, operation]) await temporal.client.workflow.getHandle(id).terminate();
    held.release();
    expect(await json<AcceptedAnswer>(await retry())).toMatchObject({
      operation: second.operation.replace(/-1$/, '-2'),
    });
    await until('it succeeds', (d) => d.operation?.attempt === 2 && d.state === 'Succeeded');
  });

  test('of an operation that a person terminated in Temporal goes on', async () => {
    const held = hold('formatDisks');
    const { operation } = await apply();
    await held.reached;
    // The nodes tell the operation a moment after they have begun.
    await until('format runs', (d) => d.phases.find((p) => p.name === 'format')?.state === 'Running');
    await temporal.client.workflow.getHandle(operation).terminate();
    const ended = await until('it is seen as failed', (d) => d.state === 'Failed');
    expect(ended).toMatchObject({
      stale: false,
      message: expect.stringMatching(/^ended by a person in Temporal/),
      operation: { id: operation, finished: expect.any(String) },
    });
    expect(ended.phases.find((p) => p.name === 'format')).toMatchObject({ state: 'Failed', work: [] });
    await eventually('the resource itself says so', inTheList, (c) => c?.state === 'Failed', 20_000);

    held.release();
    expect(await json<AcceptedAnswer>(await retry())).toMatchObject({
      operation: operation.replace(/-1$/, '-2'),
    });
    await until('it succeeds', (d) => d.operation?.attempt === 2 && d.state === 'Succeeded');
  });

  test('of a cluster whose own workflow a person terminated as well starts that again', async () => {
    const operation = await terminatedWithItsCluster();
    expect(await json<AcceptedAnswer>(await retry())).toMatchObject({
      operation: operation.replace(/-1$/, '-2'),
    });
    await until('it succeeds', (d) => d.operation?.attempt === 2 && d.state === 'Succeeded');
  });

  test('of a cluster whose own workflow was terminated is refused when its manifest has changed since', async () => {
    await terminatedWithItsCluster();
    const spec = changed(BASE['spec'] as object, ['storage', 'copySets'], 200);
    const object = { metadata: { namespace: 'curve', name }, spec };
    await kubeApply(server.kube, CURVE_CLUSTERS, object, { manager: 'kubectl', force: true });
    expect(await json<ProblemDocument>(await retry())).toMatchObject({
      code: 'OperationNotFound',
      detail: expect.stringContaining('the manifest has changed since'),
    });
  });

  test('of an operation that Temporal keeps no longer goes on', async () => {
    world.before = (a) => {
      if (a === 'applyEtcd') throw ApplicationFailure.nonRetryable('quota exceeded', 'KubernetesRefused');
    };
    const { operation } = await apply();
    await eventually('the resource says so', inTheList, (c) => c?.state === 'Failed', 60_000);
    world.before = () => undefined;
    await forget(operation);
    expect(await detail()).toMatchObject({ state: 'Failed', operation: { id: operation } });
    expect(await json<AcceptedAnswer>(await retry())).toMatchObject({
      operation: operation.replace(/-1$/, '-2'),
    });
    await until('it succeeds', (d) => d.operation?.attempt === 2 && d.state === 'Succeeded');
  }, 240_000);

  test('while it runs joins it', async () => {
    const held = hold('formatDisks');
    const { operation } = await apply();
    await held.reached;
    expect(await json<AcceptedAnswer>(await retry())).toMatchObject({ operation });
    held.release();
    await until('it succeeds', (d) => d.state === 'Succeeded');
  });

  test('of what was never started, and of what does not exist, is a problem', async () => {
    expect(await json<ProblemDocument>(await retry())).toMatchObject({
      code: 'ClusterNotFound',
      status: 404,
    });
    await create(server.kube, CURVE_CLUSTERS, { metadata: { namespace: 'curve', name }, spec: BASE['spec'] });
    expect(await json<ProblemDocument>(await retry())).toMatchObject({
      code: 'OperationNotFound',
      status: 404,
    });
  });
});

describe('events', () => {
  interface Stream {
    readonly next: (event: string) => Promise<ServerEvent>;
    readonly all: ServerEvent[];
    readonly end: () => void;
    readonly ended: Promise<void>;
  }

  async function events(headers: Record<string, string> = {}): Promise<Stream> {
    const stop = new AbortController();
    const response = await api.ask(path('/events'), { headers, signal: stop.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const stream = readEvents(response.body as ReadableStream<Uint8Array>, () => undefined);
    const all: ServerEvent[] = [];
    const ended = Promise.withResolvers<void>();
    const next = async (event: string): Promise<ServerEvent> => {
      for (;;) {
        const { value, done } = await stream.next();
        if (done) {
          ended.resolve();
          throw new Error(`the stream ended; heard ${all.map((e) => e.event).join(', ')}`);
        }
        all.push(value);
        if (value.event === event) return value;
      }
    };
    return { next, all, end: () => stop.abort(), ended: ended.promise };
  }
  const view = (event: ServerEvent): ClusterDetail => JSON.parse(event.data) as ClusterDetail;

  test('tell what has been, then each change, and go on after Last-Event-ID', async () => {
    const held = hold('applyEtcd');
    const { operation } = await apply();
    await held.reached;
    const first = await events();
    const begun = await first.next('transition');
    expect(begun.id).toBe(`${operation}/1`);
    expect(JSON.parse(begun.data)).toMatchObject({
      operation,
      sequence: 1,
      phase: 'preflight',
      state: 'Running',
    });
    expect(view(await first.next('cluster'))).toMatchObject({ state: 'Running', stale: false });
    first.end();

    held.release();
    await until('it succeeds', (d) => d.state === 'Succeeded');
    const seen = Number(
      first.all
        .findLast((e) => e.id !== undefined)
        ?.id?.split('/')
        .at(-1),
    );
    const second = await events({ 'last-event-id': `${operation}/${seen}` });
    expect((await second.next('transition')).id).toBe(`${operation}/${seen + 1}`);
    expect(view(await second.next('cluster')).state).toBe('Succeeded');
    const ids = second.all.flatMap((e) => e.id ?? []);
    expect(ids).toEqual(ids.map((_, i) => `${operation}/${seen + 1 + i}`));
    second.end();
  });

  test('of another operation begin at its beginning', async () => {
    const { operation } = await apply();
    await until('it succeeds', (d) => d.state === 'Succeeded');
    const stream = await events({ 'last-event-id': 'curve/curve/other/x-1-1/99' });
    expect((await stream.next('transition')).id).toBe(`${operation}/1`);
    stream.end();
  });

  test('end with the resource', async () => {
    await apply();
    const stream = await events();
    await stream.next('cluster');
    await remove(server.kube, CURVE_CLUSTERS, { namespace: 'curve', name });
    expect(JSON.parse((await stream.next('gone')).data)).toMatchObject({
      message: expect.stringContaining(name),
    });
    await expect(stream.next('anything')).rejects.toThrow('the stream ended');
  });

  test('of an unknown cluster are a plain 404, and nobody is forced to read a stream', async () => {
    expect((await api.ask(path('/events'))).status).toBe(404);
    await apply();
    const refused = await api.ask(path('/events'), { headers: { accept: 'application/json' } });
    expect(refused.status).toBe(406);
    expect(await json<ProblemDocument>(refused)).toMatchObject({ code: 'NotAcceptable' });
  });

  test('do not keep the API from closing', async () => {
    await apply();
    const other = await startApi(server.kube, temporal.client);
    const response = await other.ask(path('/events'));
    expect(response.status).toBe(200);
    const began = performance.now();
    await other.end();
    expect(performance.now() - began).toBeLessThan(30_000);
    await response.body?.cancel();
  });
});

describe('nodes', () => {
  test('are listed with whether their worker asks for work', async () => {
    const list = () =>
      api.ask('/v1/nodes').then((r) => json<{ items: { name: string; worker: string }[] }>(r));
    const seen = await eventually(
      'all are polled for',
      list,
      ({ items }) => items.every((n) => n.worker === 'answering'),
      30_000,
    );
    expect(seen.items.map((n) => n.name)).toEqual(NODES);
  });

  test('have disks; two who ask at once share one look', async () => {
    const answers = await Promise.all([1, 2].map(() => api.ask('/v1/nodes/node1/devices')));
    expect(answers.map((a) => a.status)).toEqual([200, 200]);
    expect(await json(answers[0] as Response)).toMatchObject({
      node: 'node1',
      disks: [{ path: '/dev/vdc', findings: [] }],
    });
  });

  test('that do not exist, or do not answer, are problems', async () => {
    expect(await json<ProblemDocument>(await api.ask('/v1/nodes/nobody/devices'))).toMatchObject({
      code: 'NodeNotFound',
    });
    await create(server.kube, KUBE_NODES, { metadata: { name: 'silent' } });
    const response = await api.ask('/v1/nodes/silent/devices');
    expect(response.status).toBe(504);
    expect(await json<ProblemDocument>(response)).toMatchObject({
      code: 'NodeNotAnswering',
      subject: 'node silent',
    });
    await remove(server.kube, KUBE_NODES, { name: 'silent' });
  });
});
