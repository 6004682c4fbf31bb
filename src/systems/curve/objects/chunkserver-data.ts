import type { Volume } from './manifest.ts';

import type {} from '@kubernetes/client-node';

/**
 * Where curve_format and the chunkserver both see the disk: the path of the pool stands in its meta file, inside the
 * checksum, so it must be the same for both.
 */
export const CHUNKSERVER_DATA = '/curvebs/chunkserver/data';

/** The folder on the disk; the node worker makes it, so it exists only inside the mounted file system. */
export const DATA_FOLDER = 'curve';

/**
 * `Directory`, not `DirectoryOrCreate`: while the disk is not mounted the folder is missing, and the kubelet refuses to
 * start the container on the bare mount point (design.md 4.5).
 */
export const chunkserverData = (mountPath: string): Volume => ({
  name: 'data',
  hostPath: { path: `${mountPath}/${DATA_FOLDER}`, type: 'Directory' },
});
