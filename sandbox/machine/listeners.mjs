// Plain JavaScript for any Node from 18 on: start.mjs asks before any package is installed.
import { readFile, readdir, readlink } from 'node:fs/promises';

/**
 * A TCP socket of this machine that waits for callers.
 * @typedef {object} Listener
 * @property {string} address An IPv4 address, or "*" for all of the machine's.
 * @property {number} port
 * @property {string} inode How processes' file descriptors name the socket.
 */

const listening = '0A';

/**
 * As /proc/net writes addresses: hexadecimal, each group of four bytes backwards.
 * @param {string} hex
 */
function addressOf(hex) {
  if (/^0+$/.test(hex)) return '*';
  // The last four bytes; an IPv6 socket may be bound to an IPv4 address by its mapped form.
  const [d, c, b, a] = (hex.slice(-8).match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
  const isIpv4 = hex.length === 8 || hex.startsWith('0000000000000000FFFF0000');
  return isIpv4 ? [a, b, c, d].join('.') : hex;
}

/**
 * Reads /proc/net/tcp or tcp6.
 * @param {string} table @returns {Listener[]}
 */
export function parseListeners(table) {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== listening) return [];
    const [address = '', port = ''] = fields[1]?.split(':') ?? [];
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode: fields[9] ?? '' }];
  });
}

/** Everything that listens in this network namespace, whoever it belongs to. */
export async function readListeners() {
  // A kernel may be without IPv6.
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => ''));
  return (await Promise.all(tables)).flatMap(parseListeners);
}

/**
 * The sockets that a process holds, by their inodes; none when it is gone.
 * @param {number} pid @returns {Promise<string[]>}
 */
export async function socketsOf(pid) {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

async function pids() {
  return (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
}

/**
 * The sockets of all processes in a control group, named by its path.
 * @param {string} group
 */
export async function socketsOfGroup(group) {
  const sockets = (await pids()).map(async (pid) => {
    const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    return groups.split('\n').some((line) => line.endsWith(`/${group}`)) ? socketsOf(pid) : [];
  });
  return (await Promise.all(sockets)).flat();
}

/**
 * The process that holds the socket; undefined when it cannot be seen from here (another container, say).
 * @param {Listener} listener
 */
export async function holderOf({ inode }) {
  for (const pid of await pids()) {
    if (!(await socketsOf(pid)).includes(inode)) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process that just ended');
    return { pid, name: name.trim() };
  }
  return undefined;
}
