import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { holderOf, parseListeners, readListeners, socketsOf } from './listeners.mjs';
import { inTheWay, describeListeners } from './ports.mjs';

describe('who is in the way', () => {
  const bridge = '10.199.0.1';
  const others: string[] = [];

  it.each([
    ['somebody at the very address', '127.0.0.1', 12379, others, 1],
    ['somebody at the S3 address', '198.19.199.1', 9000, others, 1],
    ["somebody at the bridge's address", bridge, 6443, others, 1],
    ['somebody on all addresses, before the bridge is there', '*', 7233, others, 1],
    ['somebody at another address of the machine', '192.0.2.2', 6443, others, 0],
    ["a Temporal of the person's own on loopback", '127.0.0.1', 7233, others, 0],
    ['somebody at a port that nobody needs', '*', 22, others, 0],
    ['the sandbox itself, which runs already', '127.0.0.1', 12379, ['77'], 0],
  ])('%s: %s:%i', (_, address, port, ours, count) => {
    const known = address === bridge ? bridge : undefined;
    expect(inTheWay([{ address, port, inode: '77' }], ours, known)).toHaveLength(count);
  });

  it('is named with its pid', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const listener = (await readListeners()).filter((each) => each.port === port);
    expect(listener).toMatchObject([{ address: '127.0.0.1' }]);
    expect(await socketsOf(process.pid)).toContain(listener[0]?.inode);
    const { message } = await describeListeners(listener);
    expect(message).toContain(`(pid ${process.pid}) listens at 127.0.0.1:${port}`);
    server.close();
  });

  it('is said to be invisible when it belongs to another container', async () => {
    expect(await holderOf({ address: '*', port: 9000, inode: 'none' })).toBeUndefined();
  });
});

it.each([
  ['IPv4', '0100007F:305B', '127.0.0.1', 12379],
  ['all of IPv4', '00000000:1C41', '*', 7233],
  ['all of IPv6, and with it all of IPv4', '00000000000000000000000000000000:1C41', '*', 7233],
  ['IPv4 by an IPv6 socket', '0000000000000000FFFF00000100007F:305B', '127.0.0.1', 12379],
])("reads the kernel's table: %s", (_, local, address, port) => {
  const row = (state: string) =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0`;
  const table = `  sl  local_address rem_address   st\n${row('0A')}\n${row('01')}\n`;
  expect(parseListeners(table)).toEqual([{ address, port, inode: '4711' }]);
});
