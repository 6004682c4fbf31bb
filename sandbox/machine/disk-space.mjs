// What start.mjs asks before any package is installed, and preflight.ts again when it can be asked more exactly: plain
// JavaScript for any Node from 18 on.
import { existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Everything that is expensive to make and does not change between runs. Shared by all checkouts of the machine,
 * therefore keyed by content or version, never by path. A folder of our own wherever it lies: `down` unmounts what is
 * below it and `--purge` removes it, which must not happen to the folder that a person names.
 */
export const cacheDir = resolve(process.env['KEELSON_SANDBOX_CACHE'] || '/var/cache', 'keelson-sandbox');

/** Everything of the running sandbox: one per machine. `down` removes it whole. */
export const stateDir = '/var/lib/keelson-sandbox';

/**
 * What `up` decided and found out: address range, ports, keys. Named as older checkouts name it: `bench` starts their
 * sandbox and reads the file.
 */
export const stateFile = `${stateDir}/facts.json`;

/** Less than this and an `up` would fail half way with a full disk: the first one, and one that finds a cache. */
export const diskNeeded = { cold: 14 * 1024 ** 3, warm: 4 * 1024 ** 3 };

/**
 * What stands in the way, and what to do about it.
 * @typedef {{ message: string, next: string }} Lack
 */

/**
 * A message about the first folder, there or still to be made, whose disk has less left than is needed.
 * @param {number} bytes @returns {Lack | undefined}
 */
export function lackOfDisk(bytes) {
  const gib = (/** @type {number} */ amount) => `${(amount / 1024 ** 3).toFixed(1)} GiB`;
  for (const folder of [cacheDir, stateDir]) {
    let existing = folder;
    while (!existsSync(existing)) existing = dirname(existing);
    const { bavail, bsize } = statfsSync(existing);
    if (bavail * bsize >= bytes) continue;
    return {
      message: `${folder} has ${gib(bavail * bsize)} left on its disk, and ${gib(bytes)} are needed`,
      next: 'free some space, or name another place for the cache with KEELSON_SANDBOX_CACHE',
    };
  }
  return undefined;
}
