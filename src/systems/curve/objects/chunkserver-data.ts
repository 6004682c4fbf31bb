import type { CurveContext } from '../layout.ts';
import type { Volume } from './manifest.ts';

/**
 * Where curve_format and the chunkserver both see the disk: the path of the pool stands in its meta file, inside the
 * checksum, so it must be the same for both.
 */
export const CHUNKSERVER_DATA = '/curvebs/chunkserver/data';

/**
 * `Directory`, not `DirectoryOrCreate`: while the disk is not mounted the folder is missing, and the kubelet refuses to
 * start the container on the bare mount point (docs/disks.md#daemon-folder).
 */
export const chunkserverData = ({ diskFormat }: CurveContext, mountPath: string): Volume => ({
  name: 'data',
  hostPath: { path: `${mountPath}/${diskFormat.daemonFolder}`, type: 'Directory' },
});
