import { readFile } from 'node:fs/promises';
import { CLUSTER_ID_VARIABLE } from '../systems/cluster-mark.ts';
import type { PortClaim } from '../systems/port-claim.ts';
import { commandOf, gone, openFiles, type OpenFile } from './processes.ts';
import { type Host, procPath } from './host.ts';

/** A TCP socket that listens. */
export interface Listener {
  /** Canonical text; `0.0.0.0` or `::` for every address. */
  readonly ip: string;
  readonly port: number;
  readonly inode: string;
}

const LISTEN = '0A';

/** Who listens on the node: from the network namespace of the host's first process. */
export async function readListeners(host: Host): Promise<readonly Listener[]> {
  const tables = await Promise.all(
    ['1/net/tcp', '1/net/tcp6'].map((file) => gone('', () => readFile(procPath(host, file), 'utf8'))),
  );
  return tables.flatMap(parseListeners);
}

export function parseListeners(table: string): readonly Listener[] {
  const [, ...lines] = table.trim().split('\n');
  return lines.flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, port] = local?.split(':') ?? [];
    if (state !== LISTEN || !address || !port || !inode) return [];
    return [{ ip: addressOf(address), port: Number.parseInt(port, 16), inode }];
  });
}

/** The kernel prints addresses as 32-bit words in the machine's own byte order, which is little-endian wherever we run. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  for (let word = 0; word < bytes.length; word += 4) bytes.subarray(word, word + 4).reverse();
  if (bytes.length === 4) return [...bytes].join('.');
  if (bytes.every((b) => b === 0)) return '::';
  const mapped = bytes.subarray(0, 12).equals(MAPPED_PREFIX);
  return mapped ? [...bytes.subarray(12)].join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
}

// ::ffff:0:0/96, IPv4 inside of IPv6 (RFC 4291).
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');

const EVERY_ADDRESS: readonly string[] = ['0.0.0.0', '::'];

/** Whether a listener stands in the way of a daemon that wants this port on `ip` (empty: on every address). */
export const isInTheWay = (listener: Listener, claim: Pick<PortClaim, 'ip' | 'port'>): boolean =>
  listener.port === claim.port &&
  (claim.ip === '' ||
    EVERY_ADDRESS.includes(claim.ip) ||
    EVERY_ADDRESS.includes(listener.ip) ||
    listener.ip === claim.ip);

export interface SocketOwner {
  readonly pid: number;
  readonly command: string;
  /** True when it is a daemon of the cluster. */
  readonly ours: boolean;
  /** Of a daemon of another cluster: that cluster's id. */
  readonly clusterId?: string;
}

/** Who holds the sockets, by inode. A socket whose process is not visible is left out. */
export async function ownersOf(
  host: Host,
  inodes: readonly string[],
  clusterId: string,
): Promise<ReadonlyMap<string, SocketOwner>> {
  const links = new Map(inodes.map((inode) => [`socket:[${inode}]`, inode]));
  const owners = new Map<string, SocketOwner>();
  for (const file of await openFiles(host, (target) => links.has(target))) {
    const inode = links.get(file.target) ?? '';
    // Forked workers share their master's socket; one of ours among them is enough.
    if (owners.get(inode)?.ours) continue;
    owners.set(inode, await ownerOf(host, file, clusterId));
  }
  return owners;
}

async function ownerOf(host: Host, { pid }: OpenFile, clusterId: string): Promise<SocketOwner> {
  const [command, ids] = [await commandOf(host, pid), await carriedIds(host, pid)];
  const ours = ids.includes(clusterId);
  const [other] = ids;
  return { pid, command, ours, ...(!ours && other !== undefined && { clusterId: other }) };
}

/**
 * A process belongs to a cluster when it or one of its parents was started with the cluster's id. Parents, because some
 * daemons write their title over their own environment (nginx); the command line, for one that has no such parent.
 */
async function carriedIds(host: Host, pid: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let at = pid; at > 1; at = await parentOf(host, at)) {
    const texts = await Promise.all(
      ['environ', 'cmdline'].map((file) => gone('', () => readFile(procPath(host, `${at}/${file}`), 'utf8'))),
    );
    ids.push(...texts.flatMap((text) => [...text.matchAll(MARK)].map(([, id = '']) => id)));
  }
  return ids;
}

const MARK = new RegExp(`${CLUSTER_ID_VARIABLE}=([0-9a-f-]{36})`, 'g');

const parentOf = async (host: Host, pid: number): Promise<number> => {
  const status = await gone('', () => readFile(procPath(host, `${pid}/status`), 'utf8'));
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
};
