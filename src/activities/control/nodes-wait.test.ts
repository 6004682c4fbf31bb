import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { Kube } from '../../kube/client.ts';
import { PooledKubeConfig } from '../../kube/config.ts';
import { KubeError } from '../../kube/errors.ts';
import { operationFailure } from '../../systems/failures.ts';
import { SYSTEMS } from '../../systems/registry.ts';
import { applicationFailure } from '../failure.ts';
import { activity } from './activity-context.ts';
import { askDaemon } from './daemon-http.ts';
import { type NodeProgress, awaitNodes } from './nodes-wait.ts';

const WAITING: NodeProgress = { done: 0, total: 1, problems: ['not yet'] };
const THROUGH: NodeProgress = { done: 1, total: 1, problems: [] };

/** A wait for nodes by name. It watches nothing, so it looks again when a pause is over. */
function waitFor(checks: Readonly<Record<string, () => Promise<NodeProgress>>>) {
  const told: string[] = [];
  const env = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  env.on('heartbeat', ({ waitingFor }: { waitingFor: string }) => void told.push(waitingFor));
  const deps = { kube: new Kube(new PooledKubeConfig()), ask: askDaemon, systems: SYSTEMS, identity: 'test' };
  const nodes = Object.keys(checks).map((node) => ({ node }));
  const wait = activity(deps, (work) =>
    awaitNodes(
      work,
      {},
      nodes,
      () =>
        ({ node }) =>
          checks[node]?.() ?? Promise.resolve(WAITING),
    ),
  );
  return { ended: env.run(wait), told, cancel: () => env.cancel() };
}

/** Another answer for each look; the last one for all that follow. */
function answers(...progress: readonly NodeProgress[]): () => Promise<NodeProgress> {
  const left = [...progress];
  return () => Promise.resolve((left.length > 1 ? left.shift() : left[0]) ?? WAITING);
}

test('a node that does not answer holds up no other', async () => {
  const never = (): Promise<NodeProgress> => new Promise(() => undefined);
  const { ended } = waitFor({ silent: never, slow: answers(WAITING), quick: answers(WAITING, THROUGH) });
  expect(await ended).toEqual({ ready: ['quick'], failed: [] });
});

test('a node that no waiting can help is told with its failure, and is no failure of the others', async () => {
  const failure = operationFailure('InvalidImageName', {
    message: 'pod x can never start',
    subject: 'pod x',
  });
  const { ended } = waitFor({
    waiting: answers(WAITING),
    refused: () => Promise.reject(applicationFailure(failure)),
  });
  expect(await ended).toEqual({ ready: [], failed: [{ node: 'refused', failure }] });
});

test('an API server that does not answer for one node is waited for', async () => {
  const away = new KubeError({ subject: 'pods', status: 503, reason: 'ServiceUnavailable', message: 'away' });
  const { ended } = waitFor({
    unlucky: () => Promise.reject(away),
    lucky: answers(WAITING, THROUGH),
  });
  expect(await ended).toEqual({ ready: ['lucky'], failed: [] });
});

test('what only a person can help ends the wait of all', async () => {
  const wait = waitFor({ one: () => Promise.reject(new TypeError('a defect')), other: answers(THROUGH) });
  await expect(wait.ended).rejects.toThrow('a defect');
});

test('what many nodes wait for is told at a length that somebody reads', async () => {
  const long: NodeProgress = { done: 0, total: 1, problems: ['a sentence about a pod. '.repeat(20)] };
  const checks = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`node${i}`, answers(long)]));
  const wait = waitFor(checks);
  await expect.poll(() => wait.told.at(-1), { timeout: 5_000 }).toContain('a sentence');
  expect(wait.told.at(-1)?.length).toBe(1_000);
  wait.cancel();
  await expect(wait.ended).rejects.toMatchObject({ name: 'CancelledFailure' });
});
