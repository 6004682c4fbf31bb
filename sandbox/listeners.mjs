import { readFile, readdir, readlink } from 'node:fs/promises';

/** A TCP socket of this machine that waits for callers. */
export interface Listener {
  /** An IPv4 address, or "*" for all of the machine's. */
  readonly address: string;
  readonly port: number;
  /** How processes' file descriptors name the socket. */
  readonly inode: string;
}

const listening = '0A';

/** As /proc/net writes addresses: hexadecimal, each group of four bytes backwards. */
function addressOf(hex: string): string {
  if (/^0+$/.test(hex)) return '*';
  // The last four bytes; an IPv6 socket may be bound to an IPv4 address by its mapped form.
  const [d, c, b, a] = (hex.slice(-8).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
  const isIpv4 = hex.length === 8 || hex.startsWith('0000000000000000FFFF0000');
  return isIpv4 ? [a, b, c, d].join('.') : hex;
}

/** Reads /proc/net/tcp or tcp6. */
export function parseListeners(table: string): Listener[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== listening) return [];
    const [address = '', port = ''] = fields[1]?.split(':') ?? [];
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }];
  });
}

/** Everything that listens in this network namespace, whoever it belongs to. */
export async function readListeners(): Promise<Listener[]> {
  // A kernel may be without IPv6.
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => ''));
  return (await Promise.all(tables)).flatMap(parseListeners);
}

/** The sockets that a process holds, by their inodes; none when it is gone. */
export async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** The process that holds the socket; undefined when it cannot be seen from here (another container, say). */
export async function holderOf({ inode }: Listener): Promise<{ pid: number; name: string } | undefined> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  for (const pid of pids) {
    if (!(await socketsOf(pid)).includes(inode)) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process that just ended');
    return { pid, name: name.trim() };
  }
  return undefined;
}
