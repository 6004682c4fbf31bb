import { readdir, stat } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';
import { superblockOf } from './disk-image.ts';
import { namesOn, onNode, readOn, sizeOn } from './node-root.ts';
import type { Sandbox } from './sandbox.ts';

export interface DiskEvidence {
  readonly label: string;
  /** Whole chunks in the pool and in use; equal to `wantedChunks` when none was lost or made twice. */
  readonly chunks: number;
  readonly wantedChunks: number;
  /** Files in the pool that are no whole chunk. */
  readonly strays: readonly string[];
  /** The disk's chunkserver.dat carries the id that MDS knows for its address. */
  readonly registeredAsMdsSays: boolean;
  /** Lines of the host's fstab for it. */
  readonly fstabLines: number;
  /** The marker at the root of the file system names cluster, node and device. */
  readonly marked: boolean;
}

export interface ClusterDisk {
  readonly node: string;
  readonly device: string;
  readonly mountPath: string;
  readonly percentage: number;
  /** `ip:port` of its chunkserver. */
  readonly address: string;
}

/** Written here a second time, from docs/curve.md#filling-a-disk and not by the product's own function. */
const CHUNK_FILE_BYTES = 16 * 1024 * 1024 + 4096;

export function disksOf(box: Sandbox, { document }: Cluster): ClusterDisk[] {
  const { storage } = document.spec;
  const perNode = storage.useSelectedNodes
    ? (storage.selectedNodes ?? [])
    : (storage.nodes ?? []).map((node) => ({ node, devices: storage.devices ?? [] }));
  return perNode.flatMap(({ node, devices }) =>
    devices.map(({ name, mountPath, percentage = 80 }, index) => {
      const ip = box.status.nodes.find((n) => n.name === node)?.address ?? '';
      return {
        node,
        device: name,
        mountPath,
        percentage,
        address: `${ip}:${(storage.port ?? 8200) + index}`,
      };
    }),
  );
}

export const diskKey = ({ node, device }: Pick<ClusterDisk, 'node' | 'device'>): string =>
  `${node}:${device}`;

export async function diskEvidence(
  box: Sandbox,
  cluster: Cluster,
  clusterId: string,
  idOf: (address: string) => number | undefined,
): Promise<Record<string, DiskEvidence>> {
  const found = await Promise.all(
    disksOf(box, cluster).map(
      async (disk) => [diskKey(disk), await evidenceOf(box, disk, clusterId, idOf)] as const,
    ),
  );
  return Object.fromEntries(found);
}

async function evidenceOf(
  box: Sandbox,
  disk: ClusterDisk,
  clusterId: string,
  idOf: (address: string) => number | undefined,
): Promise<DiskEvidence> {
  const { node, device, mountPath, percentage, address } = disk;
  const folder = `${mountPath}/curve`;
  const pool = (await namesOn(box, node, `${folder}/chunkfilepool`)) ?? [];
  const sizes = await Promise.all(
    pool.map(async (name) => ({
      name,
      size: (await stat(onNode(box, node, `${folder}/chunkfilepool/${name}`))).size,
    })),
  );
  const isChunk = (f: { name: string; size: number }): boolean =>
    /^\d+$/.test(f.name) && f.size === CHUNK_FILE_BYTES;
  const block = await superblockOf(node, device);
  const fstab = (await readOn(box, node, '/etc/fstab')) ?? '';
  const marker = (await readOn(box, node, `${mountPath}/.keelson.json`)) ?? '{}';
  const { id } = JSON.parse((await readOn(box, node, `${folder}/chunkserver.dat`)) ?? '{}') as {
    id?: number;
  };
  return {
    label: block?.label ?? 'no ext4',
    chunks: sizes.filter(isChunk).length + (await chunksInUse(box, node, `${folder}/copysets`)),
    wantedChunks: wanted(await sizeOn(box, node, mountPath), percentage),
    strays: sizes.filter((f) => !isChunk(f)).map((f) => f.name),
    registeredAsMdsSays: id !== undefined && id === idOf(address),
    fstabLines: fstab.split('\n').filter((l) => l.includes(mountPath) && l.includes(block?.uuid ?? '?'))
      .length,
    marked: [clusterId, node, device].every((part) => marker.includes(`"${part}"`)),
  };
}

const wanted = (bytes: number, percentage: number): number =>
  2 * Math.floor(Math.floor((bytes * percentage) / 100 / CHUNK_FILE_BYTES) / 2);

/** A chunkserver takes chunks out of its pool by renaming them. */
async function chunksInUse(box: Sandbox, node: string, folder: string): Promise<number> {
  if ((await namesOn(box, node, folder)) === undefined) return 0;
  const here = onNode(box, node, folder);
  const files = (await readdir(here, { recursive: true, withFileTypes: true })).filter((f) => f.isFile());
  const sizes = await Promise.all(files.map(async (f) => (await stat(`${f.parentPath}/${f.name}`)).size));
  return sizes.filter((size) => size === CHUNK_FILE_BYTES).length;
}
