import { createServer } from 'node:net';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { CLUSTER, OTHER_CLUSTER } from '../../test/support/format.ts';
import { TestNode } from '../../test/support/test-node.ts';
import { CLUSTER_ID_VARIABLE } from '../systems/cluster-mark.ts';
import { isInTheWay, ownersOf, parseListeners, readListeners } from './ports.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const TCP4 = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1A2C 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1111 1 0000000000000000 100 0 0 10 0
   1: 0B00C70A:5CEE 0C00C70A:D431 01 00000000:00000000 00:00000000 00000000     0        0 2222 1 0000000000000000 20 4 30 10 -1
   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3333 1 0000000000000000 100 0 0 10 0
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4444 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000B00C70A:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5555 1 0000000000000000 100 0 0 10 0
   2: 000080FE00000000FF005450B6AD1DFE:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 6666 1 0000000000000000 100 0 0 10 0
`;

test('the kernel tables are read: listening sockets only, addresses in words', () => {
  expect([...parseListeners(TCP4), ...parseListeners(TCP6)]).toEqual([
    { ip: '127.0.0.1', port: 6700, inode: '1111' },
    { ip: '0.0.0.0', port: 80, inode: '3333' },
    { ip: '::', port: 8080, inode: '4444' },
    { ip: '10.199.0.11', port: 8081, inode: '5555' },
    { ip: 'fe80:0000:0000:0000:5054:00ff:fe1d:adb6', port: 8082, inode: '6666' },
  ]);
});

describe('a listener stands in the way of a claim', () => {
  test.for([
    ['on the same address', '10.0.0.1', '10.0.0.1', true],
    ['on another address', '10.0.0.2', '10.0.0.1', false],
    ['on every address', '0.0.0.0', '10.0.0.1', true],
    ['on every address of both kinds', '::', '10.0.0.1', true],
    ['on one address, and every address is wanted', '10.0.0.2', '', true],
    ['on one address, and 0.0.0.0 is wanted', '127.0.0.1', '0.0.0.0', true],
  ] as const)('%s', ([, listens, wants, expected]) => {
    expect(isInTheWay({ ip: listens, port: 80, inode: '' }, { ip: wants, port: 80 })).toBe(expected);
    expect(isInTheWay({ ip: listens, port: 80, inode: '' }, { ip: wants, port: 81 })).toBe(false);
  });
});

describe('who listens', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await TestNode.create();
    return () => node.remove();
  });

  // Prints the port that it listens on; with `title` it wipes its own environment first, as nginx does.
  const LISTEN = `const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))`;

  async function listening(env: Record<string, string>, ...command: [string, ...string[]]) {
    const process = node.inside(command, env);
    const port = await new Promise<number>((resolve) =>
      process.stdout.once('data', (text: Buffer) => resolve(Number(text))),
    );
    const listener = (await readListeners(node.host)).find((l) => l.port === port);
    const owner = (await ownersOf(node.host, [listener?.inode ?? ''], CLUSTER)).get(listener?.inode ?? '');
    process.kill();
    return { listener, owner };
  }

  test('a stranger, by name and process id', async () => {
    const { listener, owner } = await listening({}, process.execPath, '-e', LISTEN);
    expect(listener).toMatchObject({ ip: '127.0.0.1' });
    expect(owner).toEqual({
      pid: expect.any(Number) as number,
      command: expect.stringMatching(/node|Main/) as string,
      ours: false,
    });
  });

  test('a daemon of this cluster, by its environment', async () => {
    const { owner } = await listening({ [CLUSTER_ID_VARIABLE]: CLUSTER }, process.execPath, '-e', LISTEN);
    expect(owner?.ours).toBe(true);
  });

  test('a daemon of another cluster is a stranger', async () => {
    const { owner } = await listening(
      { [CLUSTER_ID_VARIABLE]: OTHER_CLUSTER },
      process.execPath,
      '-e',
      LISTEN,
    );
    expect(owner).toMatchObject({ ours: false, clusterId: OTHER_CLUSTER });
  });

  test('a daemon that has no environment of its own, by its parent', async () => {
    const { owner } = await listening(
      { [CLUSTER_ID_VARIABLE]: CLUSTER },
      'sh',
      '-c',
      `env -i ${process.execPath} -e "${LISTEN}"; true`,
    );
    expect(owner?.ours).toBe(true);
  });

  test('a socket of a process that is not on the node has no owner', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const listener = (await readListeners(node.host)).find((l) => l.port === port);
    expect(listener).toBeDefined();
    expect(await ownersOf(node.host, [listener?.inode ?? ''], CLUSTER)).toEqual(new Map());
    server.close();
  });
});
