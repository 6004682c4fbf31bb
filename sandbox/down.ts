import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { endGroup } from './machine/cgroups.ts';
import { detachDisks } from './cluster/disks.ts';
import { readState } from './state.ts';
import { unmountBelow } from './machine/mounts.ts';
import { removeNamespaceFolder, removeNetwork } from './cluster/network.ts';
import type { Progress } from './progress.ts';
import { findLeftovers, problemOf } from './machine/leftovers.ts';
import { run } from './machine/run.ts';
import { cacheDir, stateDir } from './settings.ts';

/**
 * Takes away everything that any `up` ever made, in whatever state it is: nothing here believes a record where the
 * kernel itself can be asked. What is left all the same is a Problem.
 */
export async function down(progress: Progress, options: { purge: boolean }): Promise<void> {
  await progress.step('end the processes', () => endGroup());
  await progress.step('free mounts, disks and network', async () => {
    await unmountBelow([stateDir, cacheDir]);
    await detachDisks();
    await removeNetwork();
    if ((await readState())?.namespacesWereMounted === false) await removeNamespaceFolder();
  });
  await restoreSysctls();
  await progress.step('remove the state', () => rm(stateDir, { recursive: true, force: true }));
  if (options.purge) {
    await progress.step('remove the cache', async () => {
      // Go makes its module cache read-only, also for its owner where that is not root.
      await run(['rm', '-rf', '--one-file-system', cacheDir]);
    });
  }
  await demandNothingLeft(options.purge ? [stateDir, cacheDir] : [stateDir]);
}

/** The kernel takes some things away in its own time: an interface with the namespace at its other end, say. */
const SETTLED_WITHIN_MS = 5_000;

async function demandNothingLeft(folders: readonly string[]): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const left = problemOf(await findLeftovers(folders));
    if (left === undefined) return;
    if (Date.now() > deadline) throw left;
    await pause(100);
  }
}

/** Puts raised limits back, unless somebody changed them since. */
async function restoreSysctls(): Promise<void> {
  for (const [path, before] of Object.entries((await readState())?.sysctls ?? {})) {
    await writeFile(path, before).catch(() => undefined);
  }
}
