import { cancellationSignal, Context } from '@temporalio/activity';
import { readBootId } from '../../node/devices/block-device.ts';
import { inspectFilesystemDisk, inspectRawDisk } from '../../node/format/disk-stage.ts';
import type { Host } from '../../node/host.ts';
import { claimHostDataDir, findLeftovers } from '../../node/leftovers.ts';
import { withFindings } from '../../node/devices/observe-disk.ts';
import { mapConcurrently } from '../../concurrency/map-concurrently.ts';
import { isInTheWay, ownersOf, readListeners } from '../../node/ports.ts';
import type { DiskTarget } from '../../disks/use.ts';
import type { PortClaim } from '../../systems/port-claim.ts';
import { withPulse } from '../heartbeats.ts';
import type {
  DiskState,
  NodeActivities,
  NodeDisks,
  NodeFindings,
  NodeInspection,
  PortTaken,
} from './contract.ts';
import { asActivity } from './failures.ts';
import { formatDisks, goalOf } from './format-disks.ts';
import { READS_AT_ONCE, overDisks } from './over-disks.ts';
import { watchNode } from './watch-node.ts';

export interface NodeActivityDeps {
  readonly host: Host;
  /** Of this program, for {@link NodeActivities.probeNode}. */
  readonly version: string;
}

/** The activities of one node. They write to a disk through src/node/format/device-writer.ts alone. */
export function createNodeActivities({ host, version }: NodeActivityDeps): NodeActivities {
  return {
    probeNode: () => asActivity(async () => ({ node: host.node, bootId: await readBootId(host), version })),
    watchLiveness: () => asActivity(() => withPulse(() => Context.current().cancelled)),
    watchNode: (input) => asActivity(() => withPulse(() => watchNode({ host, version }, input))),
    inspectDisks: (input) => asActivity(() => inspectDisks(host, input)),
    inspectNode: (input) => asActivity(() => inspectNode(host, input)),
    claimHostDataDir: (input) => asActivity(() => withPulse(() => claimHostDataDir(host, input))),
    formatDisks: (input) => asActivity(() => formatDisks(host, input)),
  };
}

async function inspectNode(host: Host, input: NodeInspection): Promise<NodeFindings> {
  const { clusterId, dataDir, ports, disks } = input;
  const [taken, leftovers, states] = await withPulse(() =>
    Promise.all([
      takenPorts(host, clusterId, ports),
      findLeftovers(host, { clusterId, dataDir, disks }),
      mapConcurrently(disks, READS_AT_ONCE, (disk) => inspectDisk(host, input, disk)),
    ]),
  );
  return { ports: taken, leftovers, disks: states };
}

const inspectDisks = (host: Host, input: NodeDisks): Promise<readonly DiskState[]> =>
  overDisks(input, 'looking at', (disk) => inspectDisk(host, input, disk));

async function inspectDisk(host: Host, input: NodeDisks, { device, use }: DiskTarget): Promise<DiskState> {
  const options = { lock: 'wait', signal: cancellationSignal() } as const;
  const { stage, findings, observed } =
    use.kind === 'raw'
      ? await inspectRawDisk(host, device, use, options)
      : await inspectFilesystemDisk(host, goalOf(input, { device, use }), options);
  return { disk: withFindings(observed, findings), stage };
}

async function takenPorts(
  host: Host,
  clusterId: string,
  claims: readonly PortClaim[],
): Promise<readonly PortTaken[]> {
  const listeners = await readListeners(host);
  const taken = claims.flatMap((claim) => {
    const inTheWay = listeners.filter((listener) => isInTheWay(listener, claim));
    return inTheWay.length === 0 ? [] : [{ claim, sockets: inTheWay.map((listener) => listener.inode) }];
  });
  if (taken.length === 0) return [];
  const owners = await ownersOf(
    host,
    taken.flatMap(({ sockets }) => sockets),
    clusterId,
  );
  return taken.map(({ claim, sockets }) => {
    // Several may listen on one port at different addresses; a stranger among them is the one that matters.
    const stranger = sockets.find((socket) => !owners.get(socket)?.ours);
    const owner = owners.get(stranger ?? sockets[0] ?? '');
    const by = owner ? `${owner.command} (pid ${owner.pid})` : 'a process that cannot be seen';
    const other = stranger === undefined ? undefined : owner?.clusterId;
    return { ...claim, by, ours: stranger === undefined, ...(other !== undefined && { clusterId: other }) };
  });
}
