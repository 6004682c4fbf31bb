import { expect, test } from 'vitest';
import { internalIp, internalIpv6Alone } from './node-address.ts';

const node = (...addresses: string[]) => ({
  status: {
    addresses: [
      { type: 'Hostname', address: 'node1' },
      ...addresses.map((address) => ({ type: 'InternalIP', address })),
    ],
  },
});

test.each([
  ['IPv4 alone', ['10.0.0.11'], '10.0.0.11', undefined],
  ['IPv4 first', ['10.0.0.11', 'fd00::11'], '10.0.0.11', undefined],
  ['IPv6 first', ['fd00::11', '10.0.0.11'], '10.0.0.11', undefined],
  ['IPv6 alone', ['fd00::11'], undefined, 'fd00::11'],
  ['no address', [], undefined, undefined],
])('of a node with %s', (_what, addresses, ip, ipv6) => {
  expect(internalIp(node(...addresses))).toBe(ip);
  expect(internalIpv6Alone(node(...addresses))).toBe(ipv6);
});
