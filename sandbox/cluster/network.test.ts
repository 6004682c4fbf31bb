import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { addressesOf, chooseAddresses, nodeAddress, overlap, parseRoutes, podRangeOf } from './network.ts';
import { Problem } from '../problem.ts';
import { ask } from '../machine/run.ts';

describe('overlap of address ranges', () => {
  it.each([
    ['10.199.0.0/16', '10.199.4.0/24', true],
    ['10.199.4.7', '10.199.0.0/16', true],
    ['10.0.0.0/8', '10.199.0.0/16', true],
    ['10.198.0.0/16', '10.199.0.0/16', false],
    ['192.168.1.0/24', '192.168.0.0/16', true],
    ['172.17.0.0/16', '172.29.0.0/16', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(overlap(one, other)).toBe(expected);
    expect(overlap(other, one)).toBe(expected);
  });
});

describe('the plan of addresses', () => {
  const addresses = addressesOf('10.199');

  it('keeps bridge and nodes, pods, and services apart', () => {
    expect(overlap(addresses.podRange, addresses.serviceRange)).toBe(false);
    expect(overlap(addresses.podRange, `${addresses.bridge}/24`)).toBe(false);
    expect(overlap(addresses.serviceRange, `${addresses.bridge}/24`)).toBe(false);
  });

  it('gives every node an address and pods of its own', () => {
    expect(nodeAddress(addresses, 'node1')).toBe('10.199.0.11');
    expect(podRangeOf(addresses, 'node1')).toBe('10.199.17.0/24');
    expect(overlap(podRangeOf(addresses, 'node3'), addresses.podRange)).toBe(true);
    expect(overlap(podRangeOf(addresses, 'node1'), podRangeOf(addresses, 'node2'))).toBe(false);
  });
});

describe('the choice of addresses', () => {
  const everywhere = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

  it('takes the first range that nobody routes to; the default route does not count', () => {
    expect(chooseAddresses(['0.0.0.0/0', '127.0.0.0/8']).prefix).toBe('10.199');
    expect(chooseAddresses(['0.0.0.0/0', '10.199.4.0/24', '10.189.0.1/32']).prefix).toBe('10.179');
  });

  it('says that no range is free, or that the address of the S3 server is taken', () => {
    expect(() => chooseAddresses(everywhere)).toThrow(/^this machine already routes to every range/);
    expect(() => chooseAddresses(['198.18.0.0/15'])).toThrow(
      /^this machine already routes to 198\.19\.199\.1/,
    );
    expect(() => chooseAddresses(everywhere)).toThrow(Problem);
  });

  it("reads the kernel's tables, those of policy routing too", () => {
    const trie = `Id 52:
  |-- 10.189.0.0
     /16 link UNICAST
Main:
  +-- 0.0.0.0/4 2 0 2
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.5.0.0/24 2 0 2
        +-- 10.5.0.0/31 1 0 0
           |-- 10.5.0.0
              /24 link UNICAST
              /25 universe UNREACHABLE
           |-- 10.5.0.1
              /32 host LOCAL
`;
    expect(parseRoutes(trie)).toEqual([
      ...['10.189.0.0/16', '0.0.0.0/0', '10.5.0.0/24', '10.5.0.0/25', '10.5.0.1/32'],
    ]);
  });

  it('sees on this machine what ip sees', async () => {
    const text = await ask(['ip', '-4', '-j', 'route', 'show', 'table', 'all']);
    const seen = JSON.parse(text ?? '[]') as { dst: string }[];
    const expected = seen.map(({ dst }) =>
      dst === 'default' ? '0.0.0.0/0' : dst.includes('/') ? dst : `${dst}/32`,
    );
    const routes = parseRoutes(await readFile('/proc/net/fib_trie', 'utf8'));
    expect(routes).toEqual(expect.arrayContaining(expected));
  });
});
