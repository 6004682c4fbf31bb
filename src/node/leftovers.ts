import { readFile } from 'node:fs/promises';
import type { DataDir } from '../disks/data-dir.ts';
import { ownerOf } from '../disks/fstab.ts';
import type { Leftover } from '../disks/leftover.ts';
import {
  MARKER_NAME,
  type OwnerFile,
  parseDiskMarker,
  parseOwnerFile,
  renderMarker,
} from '../disks/marker.ts';
import { freshNames } from '../disks/stage.ts';
import type { DiskTarget, FilesystemUse } from '../disks/use.ts';
import { createFile, makeFolder } from './durable-files.ts';
import { readFstabEntries } from './mounts/fstab-file.ts';
import { type Host, isMissing, resolveOnHost } from './host.ts';
import { entriesOf, inspectMountPath } from './mounts/mounting.ts';
import { NodeError } from './node-error.ts';
import { nodeFailure } from '../systems/failures.ts';

/** The places that a cluster wants on a node. */
export interface WantedPlaces {
  readonly clusterId: string;
  readonly dataDir: DataDir;
  readonly disks: readonly DiskTarget[];
}

/** Looks at the places that a cluster wants on this node. Removes nothing. */
export async function findLeftovers(
  host: Host,
  { clusterId, dataDir, disks }: WantedPlaces,
): Promise<readonly Leftover[]> {
  const mounted = disks.flatMap(({ device, use }) => (use.kind === 'filesystem' ? [{ device, use }] : []));
  const places = [
    inDataDir(host, clusterId, dataDir),
    ...mounted.map((disk) => atMountPath(host, clusterId, disk)),
    ...mounted.map(({ use }) => inFstab(host, clusterId, use.mountPath)),
  ];
  return (await Promise.all(places)).flat();
}

async function inDataDir(host: Host, clusterId: string, dataDir: DataDir): Promise<readonly Leftover[]> {
  const { path: folder, daemons } = dataDir;
  const { here } = await resolveOnHost(host, folder);
  const owner = await readOwner(here);
  if (owner !== undefined && owner !== 'broken' && owner.clusterId === clusterId) return [];
  const ownerFile = `${folder}/${MARKER_NAME}`;
  const found: Leftover[] = [];
  if (owner === 'broken')
    found.push({ path: ownerFile, detail: 'a file that is not an owner file of Keelson' });
  else if (owner)
    found.push({
      path: ownerFile,
      detail: `owned by cluster ${owner.cluster} (id ${owner.clusterId})`,
      ...belongsTo(owner),
    });
  const whose = owner && owner !== 'broken' ? `of cluster ${owner.cluster}` : 'of an unknown cluster';
  for (const daemon of (await entriesOf(`${here}/${daemons}`)).toSorted()) {
    const path = `${folder}/${daemons}/${daemon}`;
    found.push({ path, detail: `data of the daemon ${daemon} ${whose}`, ...belongsTo(owner) });
  }
  return found;
}

async function atMountPath(
  host: Host,
  clusterId: string,
  { device, use }: DiskTarget<FilesystemUse>,
): Promise<readonly Leftover[]> {
  const { filesystem, mountPath } = use;
  const { place, mount } = await inspectMountPath(host, mountPath);
  const names = await entriesOf(place.here);
  if (mount !== undefined) {
    const text = names.includes(MARKER_NAME) ? await readFile(`${place.here}/${MARKER_NAME}`, 'utf8') : '';
    const marker = parseDiskMarker(text);
    if (marker?.clusterId === clusterId) {
      if (marker.device === device) return [];
      const detail = `this cluster's own disk ${marker.device} is mounted there, and the spec now wants ${device} there`;
      return [{ path: mountPath, detail, next: `name ${marker.device} with this mountPath again` }];
    }
    // A file system that holds nothing is nobody's: perhaps ours, cut off between mount and marker. Formatting has the
    // last word, by its UUID.
    const fresh = freshNames(filesystem);
    if (names.every((name) => fresh.includes(name))) return [];
    const whose = marker
      ? `, which belongs to cluster ${marker.clusterId} (${marker.device} of ${marker.node})`
      : '';
    const detail = `${mount.source} (${mount.fsType}) is mounted there${whose}`;
    return [{ path: mountPath, detail, ...(marker && { clusterId: marker.clusterId }) }];
  }
  if (names.length === 0) return [];
  const some = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
  return [{ path: mountPath, detail: `a folder that is not empty (${some}); a mount would hide it` }];
}

async function inFstab(host: Host, clusterId: string, mountPath: string): Promise<readonly Leftover[]> {
  const others = (await readFstabEntries(host)).filter(
    (entry) => entry.mountPath === mountPath && ownerOf(entry) !== clusterId,
  );
  return others.map((entry) => {
    const owner = ownerOf(entry);
    const whose = owner ? ` for cluster ${owner}` : '';
    const detail = `a line that mounts ${entry.source} at ${mountPath}${whose}`;
    return { path: '/etc/fstab', detail, ...(owner && { clusterId: owner }) };
  });
}

const belongsTo = (
  owner: OwnerFile | 'broken' | undefined,
): Partial<Pick<OwnerFile, 'clusterId' | 'cluster'>> =>
  owner && owner !== 'broken' ? { clusterId: owner.clusterId, cluster: owner.cluster } : {};

async function readOwner(folder: string): Promise<OwnerFile | 'broken' | undefined> {
  try {
    return parseOwnerFile(await readFile(`${folder}/${MARKER_NAME}`, 'utf8')) ?? 'broken';
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Creates the data directory with the owner file of this cluster in it; refuses one that another cluster owns, and one
 * with data of nobody we know: with our owner file beside it, it would look like ours ever after.
 */
export async function claimHostDataDir(
  host: Host,
  claim: { readonly clusterId: string; readonly cluster: string; readonly dataDir: DataDir },
): Promise<void> {
  const { clusterId, cluster } = claim;
  const { path, daemons } = claim.dataDir;
  const { here } = await resolveOnHost(host, path);
  await makeFolder(here);
  if ((await readOwner(here)) === undefined && (await entriesOf(`${here}/${daemons}`)).length > 0) {
    throw new NodeError(
      nodeFailure('HostDataDirTaken', {
        message: `${path}/${daemons} on node ${host.node} holds data of an unknown cluster`,
        next: 'choose another data directory, or remove the data yourself if nobody needs it',
        subject: `${path}/${daemons}`,
      }),
    );
  }
  const text = renderMarker({ clusterId, cluster, time: new Date().toISOString() });
  if (await createFile(`${here}/${MARKER_NAME}`, text)) return;
  const owner = await readOwner(here);
  if (owner !== undefined && owner !== 'broken' && owner.clusterId === clusterId) return;
  const whose =
    owner && owner !== 'broken' ? `cluster ${owner.cluster} (id ${owner.clusterId})` : 'somebody unknown';
  throw new NodeError(
    nodeFailure('HostDataDirTaken', {
      message: `${path} on node ${host.node} belongs to ${whose}, as its ${MARKER_NAME} says`,
      subject: path,
    }),
  );
}
