// Plain JavaScript for any Node from 18 on: start.mjs asks before any package is installed, preflight.ts again later.
import { readFile } from 'node:fs/promises';
import { stateFile } from './disk-space.mjs';
import { holderOf, readListeners, socketsOfGroup } from './listeners.mjs';

/** The control group of all of the sandbox's processes, and in it that of the control plane. */
export const cgroup = 'keelson';
export const controlUnit = 'control';

export const ports = /** @type {const} */ ({
  kubernetes: 6443,
  /** What everybody calls; the server itself is on loopback, at the inner port. */
  temporal: 7233,
  temporalInner: 17233,
  temporalUi: 8233,
  s3: 9000,
  controllerManager: 12357,
  scheduler: 12359,
  etcd: 12379,
  etcdPeer: 12380,
  api: 18080,
  apiNodePort: 30080,
  apiPod: 8080,
});

/**
 * The S3 server has an address of its own on the bridge, the same on every machine whatever range the nodes got, so
 * that examples/curve-cluster.yaml can name it. From the range that RFC 2544 sets aside for test beds.
 */
export const s3Address = '198.19.199.1';

/**
 * Where the sandbox listens on the machine itself. The bridge's address is undefined before it is chosen: then nobody
 * has it, but whoever listens on all addresses will listen there too.
 * @param {string | undefined} bridge @returns {{ address: string | undefined, port: number }[]}
 */
function ownAddresses(bridge) {
  const { controllerManager, scheduler, etcd, etcdPeer, temporalInner, api } = ports;
  return [
    ...[ports.kubernetes, ports.temporal, ports.temporalUi].map((port) => ({ address: bridge, port })),
    ...[controllerManager, scheduler, etcd, etcdPeer, temporalInner, api].map((port) => ({
      address: '127.0.0.1',
      port,
    })),
    { address: s3Address, port: ports.s3 },
  ];
}

/**
 * Listeners of others at addresses that the sandbox needs.
 * @param {readonly import('./listeners.mjs').Listener[]} listeners
 * @param {readonly string[]} ours Sockets of the sandbox itself, when it runs already.
 * @param {string | undefined} bridge
 */
export function inTheWay(listeners, ours, bridge) {
  const needed = ownAddresses(bridge);
  return listeners.filter(
    ({ address, port, inode }) =>
      !ours.includes(inode) &&
      needed.some((own) => own.port === port && (address === '*' || own.address === address)),
  );
}

async function findInTheWay() {
  const ours = await socketsOfGroup(`${cgroup}/${controlUnit}`);
  const state = await readFile(stateFile, 'utf8').catch(() => '{}');
  return inTheWay(await readListeners(), ours, JSON.parse(state).addresses?.bridge);
}

/** A message about others who listen where the sandbox is to. @returns {Promise<import('./disk-space.mjs').Lack | undefined>} */
export async function busyPorts() {
  if ((await findInTheWay()).length === 0) return undefined;
  // Asked again: what another command of the sandbox starts or ends at this very moment is nobody else's.
  const taken = await findInTheWay();
  return taken.length === 0 ? undefined : describeListeners(taken);
}

/** @param {readonly import('./listeners.mjs').Listener[]} taken */
export async function describeListeners(taken) {
  const lines = taken.map(async (listener) => {
    const holder = await holderOf(listener);
    const who =
      holder === undefined ? 'a process that cannot be seen from here' : `${holder.name} (pid ${holder.pid})`;
    return `port ${listener.port} is needed, and ${who} listens at ${listener.address}:${listener.port}`;
  });
  const next = 'end it, or let it listen at another port; those of the sandbox cannot be changed';
  return { message: (await Promise.all(lines)).join('\n'), next };
}
