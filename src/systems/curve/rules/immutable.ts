import type { ExistingCluster, ExistingDaemon } from '../facts.ts';
import type { CurveLayout } from '../layout.ts';
import type { CurveClusterSpec } from '../spec.ts';
import type { Violation } from '../../violation.ts';
import { storageNodePath, storagePath } from './nodes.ts';

/**
 * What can no longer change because it exists. A daemon counts from the moment its container ran: one that never
 * started has left nothing behind, so the spec that was wrong can be corrected.
 */
export function checkImmutable(
  spec: CurveClusterSpec,
  layout: CurveLayout,
  existing: ExistingCluster,
): readonly Violation[] {
  const groups = new Map<string, { readonly first: Violation; readonly nodes: Set<string> }>();
  for (const daemon of existing.daemons.filter((d) => d.started)) {
    const found = [
      ...(daemon.role === 'chunkserver' ? chunkserver(spec, layout, daemon) : control(layout, daemon)),
      ...address(layout, daemon),
    ];
    for (const violation of found) {
      // the same on a thousand nodes is one thing to correct
      const key = `${violation.path}: ${violation.message.replaceAll(daemon.node, '*')}`;
      const group = groups.get(key) ?? { first: violation, nodes: new Set() };
      groups.set(key, group);
      group.nodes.add(daemon.node);
    }
  }
  return [...groups.values()].map(({ first, nodes }) => {
    if (nodes.size === 1 || ![...nodes].some((node) => first.message.includes(node))) return first;
    return { ...first, message: `${first.message} (the same on ${nodes.size - 1} more nodes)` };
  });
}

/** Data of etcd, mds and chunkservers names the members by their addresses. */
function address({ context, storage }: CurveLayout, { node, ip: then }: ExistingDaemon): Violation[] {
  const now = [...context.etcd, ...storage].find((place) => place.node === node)?.ip;
  // Before Kubernetes was asked no address is known, and old daemons do not tell theirs.
  if (!now || !then || now === then) return [];
  const place = context.etcd.findIndex((member) => member.node === node);
  const message = `the address of ${node} is ${now}, and was ${then} when the cluster was made, which its data names`;
  return [
    {
      path: place < 0 ? 'spec.storage' : `spec.nodes[${place}]`,
      value: node,
      message,
      next: `give ${node} the address ${then} again (--node-ip of its kubelet, or a fixed lease of DHCP)`,
    },
  ];
}

const ROLE_PATHS = { etcd: 'spec.etcd', mds: 'spec.mds', snapshotclone: 'spec.snapShotClone' } as const;
const PORT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  etcd: ['peerPort', 'clientPort'],
  mds: ['port', 'dummyPort'],
  snapshotclone: ['port', 'dummyPort', 'proxyPort'],
};

function control(layout: CurveLayout, daemon: ExistingDaemon): Violation[] {
  const role = daemon.role as keyof typeof ROLE_PATHS;
  const { context } = layout;
  if (role === 'snapshotclone' && context.snapshotclone.length === 0) {
    const message = 'snapshotclone runs and cannot be taken away yet';
    return [{ path: 'spec.snapShotClone.enable', value: false, message, next: 'set it back to true' }];
  }
  const instances: readonly { readonly id: string; readonly node: string }[] = context[role];
  const planned = instances.find((instance) => instance.node === daemon.node);
  if (planned === undefined || planned.id !== daemon.id) {
    const message = `${role} ${daemon.id} runs on ${daemon.node} and keeps its data there; it cannot move to another node yet`;
    return [
      {
        path: 'spec.nodes',
        value: instances.map((i) => i.node).join(', '),
        message,
        next: 'put the nodes back as they were, in the same order',
      },
    ];
  }
  return [
    ...ports(role, planned, daemon),
    ...dataDir(context.hostDataDir, daemon),
    ...image(context.image, daemon),
  ];
}

function ports(role: keyof typeof ROLE_PATHS, planned: object, daemon: ExistingDaemon): Violation[] {
  const wanted = planned as Readonly<Record<string, unknown>>;
  return (PORT_FIELDS[role] ?? []).flatMap((field) => {
    const [now, then] = [wanted[field], daemon.ports[field]];
    if (then === undefined || now === then) return [];
    const message = `${role} already listens on ${then}; the port of a running service cannot change`;
    return [
      { path: `${ROLE_PATHS[role]}.${field}`, value: Number(now), message, next: `set it back to ${then}` },
    ];
  });
}

function dataDir(wanted: string, daemon: ExistingDaemon): Violation[] {
  if (daemon.hostDataDir === undefined || daemon.hostDataDir === wanted) return [];
  const message = `data and logs of the cluster are in ${daemon.hostDataDir} already and are not moved`;
  return [{ path: 'spec.hostDataDir', value: wanted, message, next: `set it back to ${daemon.hostDataDir}` }];
}

/** Another image would restart all chunkservers at once, without looking at the health in between. */
function image(wanted: string, daemon: ExistingDaemon): Violation[] {
  if (daemon.image === undefined || daemon.image === wanted) return [];
  const message = `the cluster runs ${daemon.image}; upgrades are not supported yet`;
  return [
    { path: 'spec.curveVersion.image', value: wanted, message, next: `set it back to ${daemon.image}` },
  ];
}

function chunkserver(spec: CurveClusterSpec, layout: CurveLayout, daemon: ExistingDaemon): Violation[] {
  const index = layout.storage.findIndex((s) => s.node === daemon.node);
  const node = layout.storage[index];
  if (node === undefined) {
    const message = `${daemon.node} holds chunkservers with data and cannot be taken away yet`;
    return [{ path: storagePath(spec), message, next: `name ${daemon.node} again` }];
  }
  const list = spec.storage.useSelectedNodes
    ? `spec.storage.selectedNodes[${index}].devices`
    : 'spec.storage.devices';
  const disk = node.disks.find((d) => d.device === daemon.device);
  if (disk === undefined) {
    const message = `${daemon.device} of ${daemon.node} is the disk of a chunkserver and cannot be taken away yet`;
    return [{ path: list, message, next: `name ${daemon.device} again` }];
  }
  const found: Violation[] = [
    ...dataDir(layout.context.hostDataDir, daemon),
    ...image(layout.context.image, daemon),
  ];
  if (daemon.mountPath !== undefined && daemon.mountPath !== disk.mountPath) {
    const message = `${disk.device} of ${daemon.node} is mounted at ${daemon.mountPath} already`;
    found.push({
      path: `${list}[${disk.index}].mountPath`,
      value: disk.mountPath,
      message,
      next: `set it back to ${daemon.mountPath}`,
    });
  }
  const port = daemon.ports['port'];
  if (port !== undefined && port !== disk.port) {
    const message = `the chunkserver of ${disk.device} on ${daemon.node} is known to mds by port ${port}, and would get ${disk.port}`;
    const next = 'keep spec.storage.port and the order of the disks; new disks go to the end of the list';
    found.push({ path: `${list}[${disk.index}].name`, value: disk.device, message, next });
  }
  if (daemon.zone !== undefined && daemon.zone !== node.zone) {
    const message = `${daemon.node} is in ${daemon.zone}, and would move to ${node.zone}`;
    const next = 'keep the order of the storage nodes; new nodes go to the end of the list';
    found.push({ path: storageNodePath(spec, index), value: daemon.node, message, next });
  }
  return found;
}
