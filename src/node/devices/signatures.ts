import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Signature } from '../../disks/observation.ts';
import { numbersOf } from './block-device.ts';
import type { Host } from '../host.ts';
import { LOOK_TIMEOUT_MS, runTool } from '../tools.ts';

export interface Signatures {
  readonly signatures: readonly Signature[];
  readonly ambivalent: boolean;
}

const NOTHING_FOUND = 2;
const AMBIVALENT = 8;

const optional = z.string().nullish();
const wipefsSchema = z.object({
  signatures: z.array(z.object({ type: z.string(), usage: optional, uuid: optional, label: optional })),
});

/**
 * Everything that libblkid recognises on a device, asked twice because the two answers differ: `wipefs --no-act` lists
 * every magic, also one with a wrong checksum and one hidden by another (tried: blkid does not show an LVM label whose
 * CRC is wrong); `blkid -p` says when they contradict each other and knows partition tables best.
 */
export async function readSignatures(host: Host, device: string): Promise<Signatures> {
  const columns = 'TYPE,USAGE,UUID,LABEL';
  const listing = await runTool(host, 'wipefs', ['--no-act', '--json', '--output', columns, device], {
    timeoutMs: LOOK_TIMEOUT_MS,
  });
  const probe = await runTool(host, 'blkid', ['-p', '-o', 'export', device], {
    timeoutMs: LOOK_TIMEOUT_MS,
    answers: [NOTHING_FOUND, AMBIVALENT],
  });
  const listed = wipefsSchema
    .parse(JSON.parse(listing.stdout || '{"signatures":[]}'))
    .signatures.map(signatureOf);
  const probed = probe.exitCode === 0 ? parseProbe(probe.stdout) : [];
  const more = probed.filter((p) => !listed.some((l) => l.type === p.type));
  const signatures = [...listed, ...more];
  if (signatures.length === 0) await requireReadable(device);
  return { signatures, ambivalent: probe.exitCode === AMBIVALENT };
}

/** Signatures lie within this many bytes of the beginning or the end of a disk. */
const ENDS_BYTES = 4 * 1024 ** 2;

/**
 * Throws the kernel's error when a disk cannot be read where signatures lie. Both tools call a disk empty, and succeed,
 * as soon as one place that they look at answers with an error (tried: ext4 on a disk whose last sectors are bad).
 */
async function requireReadable(device: string): Promise<void> {
  await using file = await open(device, 'r');
  const size = await sizeOf(file);
  await readThrough(file, 0, Math.min(ENDS_BYTES, size));
  await readThrough(file, Math.max(0, size - ENDS_BYTES), size);
}

/** A read stops short before a bad sector; only the next one, which begins there, fails. */
async function readThrough(file: FileHandle, from: number, to: number): Promise<void> {
  const block = Buffer.alloc(1024 ** 2);
  for (let at = from; at < to;) {
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, to - at), at);
    if (bytesRead === 0)
      throw Object.assign(new Error(`it ends at ${at} bytes, before ${to}`), { code: 'EIO' });
    at += bytesRead;
  }
}

/** stat(2) knows no size of a block device; the kernel's own table does, in sectors of 512 bytes. */
async function sizeOf(file: FileHandle): Promise<number> {
  const { rdev } = await file.stat({ bigint: true });
  return Number(await readFile(`/sys/dev/block/${numbersOf(rdev)}/size`, 'utf8')) * 512;
}

type Listed = z.infer<typeof wipefsSchema>['signatures'][number];

const signatureOf = ({ type, usage, uuid, label }: Listed): Signature => ({
  type,
  // wipefs leaves the usage of partition tables empty.
  usage: usage || 'partition-table',
  ...(uuid ? { uuid: uuid.toLowerCase() } : {}),
  ...(label ? { label } : {}),
});

/** Reads the `KEY=value` lines of `blkid -o export`; values are shell-quoted with backslashes. */
export function parseProbe(output: string): readonly Signature[] {
  const values = new Map(
    output.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1).replace(/\\(.)/g, '$1')] as const] : [];
    }),
  );
  const found: Signature[] = [];
  const [type, table] = [values.get('TYPE'), values.get('PTTYPE')];
  if (type) {
    const [uuid, label] = [values.get('UUID'), values.get('LABEL')];
    found.push({
      type,
      usage: values.get('USAGE') ?? 'other',
      ...(uuid ? { uuid: uuid.toLowerCase() } : {}),
      ...(label ? { label } : {}),
    });
  }
  if (table) found.push({ type: table, usage: 'partition-table' });
  return found;
}
