import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { queryObjects } from 'node:v8';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { Kube } from './client.ts';
import { PooledKubeConfig } from './config.ts';

let server: Server;
let config: PooledKubeConfig;

beforeAll(async () => {
  server = createServer((_, response) => response.end('{}\n')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  config = new PooledKubeConfig();
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'test' },
  );
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Those that are alive after a collection of garbage. */
const signals = (): number => queryObjects(AbortSignal, { format: 'count' });

const asked = { verb: 'get', rbac: 'pods', subject: 'Pod' };
const request = { method: 'GET', path: '/', asked, timeoutMs: 5_000 } as const;

test.each<[string, (kube: Kube) => Promise<void>]>([
  ['an answer', async (kube) => void (await kube.text(request))],
  [
    'a stream of lines',
    async (kube) => {
      for await (const line of kube.lines(request)) void line;
    },
  ],
])(
  '%s leaves no signal behind on the one that outlives it: a wait of days asks thousands of times',
  async (_, ask) => {
    const days = new AbortController();
    const kube = new Kube(config, days.signal);
    for (let i = 0; i < 100; i++) await ask(kube);
    const before = signals();
    for (let i = 0; i < 1_000; i++) await ask(kube);
    // Those of a timeout go when it is over.
    const kept = await eventually(
      'the signals are collected',
      () => Promise.resolve(signals() - before),
      (more) => more < 100,
      40_000,
    );
    expect(kept).toBeLessThan(100);
    days.abort();
  },
);
