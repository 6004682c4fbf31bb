import { storageNodesOf } from '../layout.ts';
import type { CurveClusterSpec } from '../spec.ts';
import type { Violation } from '../../violation.ts';

interface Claim {
  readonly port: number;
  readonly path: string;
  readonly service: string;
}

/** Nodes that run the same things, told apart by what they run. */
interface Likeness {
  readonly control: boolean;
  readonly disks: number;
  readonly nodes: string[];
}

function likenesses(spec: CurveClusterSpec): readonly Likeness[] {
  const disks = new Map(storageNodesOf(spec).map((s) => [s.node, s.devices.length]));
  const control = new Set(spec.nodes);
  const found = new Map<string, Likeness>();
  for (const node of new Set([...control, ...disks.keys()])) {
    const like = { control: control.has(node), disks: disks.get(node) ?? 0 };
    const key = `${like.control}/${like.disks}`;
    const group = found.get(key) ?? { ...like, nodes: [] };
    group.nodes.push(node);
    found.set(key, group);
  }
  return [...found.values()];
}

function claims(spec: CurveClusterSpec, like: Likeness): readonly Claim[] {
  const { etcd, mds, snapShotClone: snap, storage } = spec;
  const control: Claim[] = [
    { port: etcd.peerPort, path: 'spec.etcd.peerPort', service: 'etcd (peers)' },
    { port: etcd.clientPort, path: 'spec.etcd.clientPort', service: 'etcd (clients)' },
    { port: mds.port, path: 'spec.mds.port', service: 'mds' },
    { port: mds.dummyPort, path: 'spec.mds.dummyPort', service: 'mds (dummy)' },
  ];
  const snapshots: Claim[] = [
    { port: snap.port, path: 'spec.snapShotClone.port', service: 'snapshotclone' },
    { port: snap.dummyPort, path: 'spec.snapShotClone.dummyPort', service: 'snapshotclone (dummy)' },
    { port: snap.proxyPort, path: 'spec.snapShotClone.proxyPort', service: 'snapshotclone (proxy)' },
  ];
  const chunkservers = Array.from({ length: like.disks }, (_, i): Claim => {
    return {
      port: storage.port + i,
      path: 'spec.storage.port',
      service: `chunkserver ${i} (base port + ${i})`,
    };
  });
  return [
    ...(like.control ? control : []),
    ...(like.control && snap.enable ? snapshots : []),
    ...chunkservers,
  ];
}

const some = (nodes: readonly string[]): string =>
  nodes.length <= 3 ? nodes.join(', ') : `${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more`;

/** No two services of one node share a port, with every chunkserver's own port counted. */
export function portClashes(spec: CurveClusterSpec): Violation[] {
  const clashes = new Map<string, Violation>();
  for (const like of likenesses(spec)) {
    const taken = new Map<number, Claim>();
    for (const claim of claims(spec, like)) {
      const holder = taken.get(claim.port);
      if (holder === undefined) {
        taken.set(claim.port, claim);
        continue;
      }
      const key = `${holder.service}/${claim.service}`;
      if (clashes.has(key)) continue;
      clashes.set(key, {
        path: claim.path,
        value: claim.port,
        message: `${claim.service} and ${holder.service} of ${holder.path} would both listen on port ${claim.port} of ${some(like.nodes)}`,
        next: 'give each service a port of its own',
      });
    }
  }
  return [...clashes.values()];
}

export function portRange(spec: CurveClusterSpec): Violation[] {
  const most = Math.max(0, ...storageNodesOf(spec).map((s) => s.devices.length));
  const last = spec.storage.port + most - 1;
  if (last <= 65535) return [];
  const message = `${most} chunkservers on one node would take ports up to ${last}`;
  return [
    { path: 'spec.storage.port', value: spec.storage.port, message, next: `use ${65536 - most} or less` },
  ];
}
