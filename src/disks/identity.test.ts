import { describe, expect, test } from 'vitest';
import type { DiskIdentity } from './facts.ts';
import { compareIdentity, describeIdentity, identityOf } from './identity.ts';

const boot: DiskIdentity = {
  kind: 'boot',
  bootId: '0b3f6a52-0000-4000-8000-000000000001',
  device: '7:3',
  diskSeq: 12,
  sizeBytes: 1000,
  backingFile: '/disks/vdc.img',
  backingOffset: 0,
};
const wwn: DiskIdentity = { kind: 'wwn', value: '0x5000c500a1b2c3d4', sizeBytes: 1000 };
const serial: DiskIdentity = { kind: 'serial', value: 'S4EVNX0R', sizeBytes: 1000 };

describe('identityOf takes the strongest that the disk offers', () => {
  const facts = { bootId: boot.bootId, device: '7:3', diskSeq: 12, sizeBytes: 1000 };
  test.for([
    ['wwn before serial', { ...facts, wwn: wwn.value, serial: serial.value }, wwn],
    ['serial before what one boot knows', { ...facts, serial: serial.value }, serial],
    ['an empty serial is none', { ...facts, serial: '' }, { kind: 'boot', ...facts }],
    [
      'a loop device with its backing file',
      { ...facts, backingFile: '/disks/vdc.img', backingOffset: 0 },
      boot,
    ],
  ] as const)('%s', ([, given, expected]) => expect(identityOf(given)).toEqual(expected));
});

describe('compareIdentity', () => {
  const otherBoot = { ...boot, bootId: '0b3f6a52-0000-4000-8000-000000000002' };
  test.for([
    ['the same wwn', wwn, wwn, 'same'],
    ['another wwn', wwn, { ...wwn, value: '0x5000c500ffffffff' }, 'changed'],
    ['the same wwn with another size', wwn, { ...wwn, sizeBytes: 2000 }, 'changed'],
    ['the same serial', serial, serial, 'same'],
    ['another serial', serial, { ...serial, value: 'other' }, 'changed'],
    ['a serial where a wwn was planned', wwn, { ...serial, value: wwn.value }, 'changed'],
    ['a wwn where only the boot was known', boot, wwn, 'changed'],
    ['nothing lasting where a wwn was planned', wwn, boot, 'changed'],
    ['the same boot and disk', boot, boot, 'same'],
    ['another disk sequence in the same boot', boot, { ...boot, diskSeq: 13 }, 'changed'],
    ['another device in the same boot', boot, { ...boot, device: '7:4' }, 'changed'],
    ['another backing file in the same boot', boot, { ...boot, backingFile: '/disks/vdd.img' }, 'changed'],
    ['another offset in the same boot', boot, { ...boot, backingOffset: 4096 }, 'changed'],
    ['another boot', boot, otherBoot, 'rebooted'],
    [
      'another boot that numbers devices again',
      boot,
      { ...otherBoot, device: '7:5', diskSeq: 2 },
      'rebooted',
    ],
    ['another boot and another size', boot, { ...otherBoot, sizeBytes: 2000 }, 'changed'],
  ] as const)('%s is %s', ([, planned, found, verdict]) =>
    expect(compareIdentity(planned, found).verdict).toBe(verdict),
  );

  test('names both sides of a difference', () => {
    expect(compareIdentity(wwn, boot).detail).toBe(
      'planned wwn 0x5000c500a1b2c3d4 (1000 bytes), found device 7:3, diskseq 12 of boot 0b3f6a52, backed by /disks/vdc.img at 0 (1000 bytes)',
    );
    expect(describeIdentity(serial)).toBe('serial S4EVNX0R (1000 bytes)');
  });
});
