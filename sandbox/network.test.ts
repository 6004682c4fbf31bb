import { describe, expect, it } from 'vitest';
import { addressesOf, nodeAddress, overlap, podRangeOf } from './network.ts';

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
