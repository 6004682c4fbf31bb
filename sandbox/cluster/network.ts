import { readdir, readFile, rmdir } from 'node:fs/promises';
import { bridge, nodeNames, s3Address, type NodeName } from '../settings.ts';
import { Problem } from '../problem.ts';
import { ask, run } from '../machine/run.ts';

/** All addresses of the sandbox come from one /16: bridge, nodes, pods and services each have their place in it. */
export interface Addresses {
  /** For example "10.199". */
  readonly prefix: string;
  readonly bridge: string;
  readonly serviceRange: string;
  /** The first of the service range: `kubernetes.default`. */
  readonly kubernetesService: string;
  readonly podRange: string;
}

export function addressesOf(prefix: string): Addresses {
  return {
    prefix,
    bridge: `${prefix}.0.1`,
    serviceRange: `${prefix}.128.0/20`,
    kubernetesService: `${prefix}.128.1`,
    podRange: `${prefix}.16.0/20`,
  };
}

function ordinal(node: NodeName): number {
  return nodeNames.indexOf(node) + 1;
}

export function nodeAddress(addresses: Addresses, node: NodeName): string {
  return `${addresses.prefix}.0.${10 + ordinal(node)}`;
}

export function podRangeOf(addresses: Addresses, node: NodeName): string {
  return `${addresses.prefix}.${16 + ordinal(node)}.0/24`;
}

/** Where `ip` keeps network namespaces: a mount that it makes for the first one and never takes away. */
export const namespaceFolder = '/run/netns';

export function namespaceOf(node: NodeName): string {
  return `keelson-${node}`;
}

/** The host's end of the node's cable: taken down to cut the node off. */
export function cableOf(node: NodeName): string {
  return `kn-${node}`;
}

const defaultRoute = '0.0.0.0/0';
const candidates = ['10.199', '10.189', '10.179', '172.29', '172.27', '192.168'];

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Do two IPv4 ranges in CIDR notation share an address? */
export function overlap(one: string, other: string): boolean {
  const parse = (range: string) => {
    const [address = '', length = '32'] = range.split('/');
    return { address: toNumber(address), length: Number(length) };
  };
  const [a, b] = [parse(one), parse(other)];
  const size = 2 ** (32 - Math.min(a.length, b.length));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

/**
 * The destinations of all routes, of whatever table, in CIDR notation: from /proc/net/fib_trie, because a minimal Debian
 * has no `ip` and this is asked before anything is installed.
 */
export function parseRoutes(trie: string): string[] {
  let address = '';
  return trie.split('\n').flatMap((line) => {
    address = /\|-- (\S+)/.exec(line)?.[1] ?? address;
    const length = /^\s+(\/\d+) /.exec(line)?.[1];
    return length === undefined ? [] : [`${address}${length}`];
  });
}

/** The first candidate range that nothing on this machine routes to. */
export async function findAddresses(): Promise<Addresses> {
  return chooseAddresses(parseRoutes(await readFile('/proc/net/fib_trie', 'utf8')));
}

export function chooseAddresses(routes: readonly string[]): Addresses {
  const taken = routes.filter((range) => range !== defaultRoute);
  const free = candidates.find((prefix) => !taken.some((range) => overlap(range, `${prefix}.0.0/16`)));
  if (free === undefined) {
    throw new Problem(
      `this machine already routes to every range that the sandbox could use: ${candidates.join(', ')}`,
      'see which: ip route show table all',
    );
  }
  if (taken.some((range) => overlap(range, `${s3Address}/32`))) {
    throw new Problem(
      `this machine already routes to ${s3Address}, the address of the sandbox's S3 server`,
      `see who: ip route get ${s3Address}`,
    );
  }
  return addressesOf(free);
}

export async function createBridge(addresses: Addresses): Promise<void> {
  if ((await ask(['ip', 'link', 'show', bridge])) === undefined) {
    await run(['ip', 'link', 'add', bridge, 'type', 'bridge']);
  }
  for (const address of [`${addresses.bridge}/24`, `${s3Address}/32`]) {
    await run(['ip', 'addr', 'replace', address, 'dev', bridge]);
  }
  await run(['ip', 'link', 'set', bridge, 'up']);
}

/**
 * A network namespace with a cable into the bridge and routes to the pods of its peers. The host has routes to all
 * pods as well, so that it can be reached from a pod without address translation, and the other way round.
 */
export async function createNodeNetwork(addresses: Addresses, node: NodeName): Promise<void> {
  const namespace = namespaceOf(node);
  const cable = cableOf(node);
  await run(['ip', 'netns', 'add', namespace]);
  await run(['ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  await run(['ip', 'link', 'set', cable, 'master', bridge, 'up']);
  const inside = ['ip', '-n', namespace];
  await run([...inside, 'link', 'set', 'lo', 'up']);
  await run([...inside, 'addr', 'add', `${nodeAddress(addresses, node)}/24`, 'dev', 'eth0']);
  await run([...inside, 'link', 'set', 'eth0', 'up']);
  await run([...inside, 'route', 'add', 'default', 'via', addresses.bridge]);
  for (const peer of nodeNames.filter((name) => name !== node)) {
    await run([...inside, 'route', 'add', podRangeOf(addresses, peer), 'via', nodeAddress(addresses, peer)]);
  }
  await run(['ip', 'route', 'replace', podRangeOf(addresses, node), 'via', nodeAddress(addresses, node)]);
}

export async function hasNodeNetwork(node: NodeName): Promise<boolean> {
  return (await ask(['ip', '-n', namespaceOf(node), 'link', 'show', 'eth0'])) !== undefined;
}

export async function setCable(node: NodeName, to: 'up' | 'down'): Promise<void> {
  await run(['ip', 'link', 'set', cableOf(node), to]);
}

export async function removeNodeNetwork(node: NodeName): Promise<void> {
  await ask(['ip', 'link', 'del', cableOf(node)]);
  await ask(['ip', 'netns', 'del', namespaceOf(node)]);
}

export async function removeNetwork(): Promise<void> {
  for (const node of nodeNames) await removeNodeNetwork(node);
  await ask(['ip', 'link', 'del', bridge]);
}

/** What there is of the sandbox's network, by its names. */
export async function existingNetwork(): Promise<{ interfaces: string[]; namespaces: string[] }> {
  const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
  const interfaces = [bridge, ...nodeNames.map(cableOf)];
  const namespaces = nodeNames.map(namespaceOf);
  return {
    interfaces: (await namesIn('/sys/class/net')).filter((name) => interfaces.includes(name)),
    namespaces: (await namesIn(namespaceFolder)).filter((name) => namespaces.includes(name)),
  };
}

/** Unless somebody else has a namespace in it by now. */
export async function removeNamespaceFolder(): Promise<void> {
  const left = await readdir(namespaceFolder).catch(() => undefined);
  if (left === undefined || left.length > 0) return;
  await ask(['umount', namespaceFolder]);
  await rmdir(namespaceFolder).catch(() => undefined);
}
