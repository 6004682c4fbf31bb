import { readFile, rm, writeFile } from 'node:fs/promises';
import { endGroup } from './cgroups.ts';
import { detachDisks } from './disks.ts';
import { readFacts } from './facts.ts';
import { removeNetwork } from './network.ts';
import type { Progress } from './progress.ts';
import { ask, run } from './run.ts';
import { cacheDir, stateDir } from './settings.ts';
import { until } from './wait.ts';

/**
 * Takes away everything that any `up` ever made, in whatever state it is: nothing here believes a record where the
 * kernel itself can be asked.
 */
export async function down(progress: Progress, options: { purge: boolean }): Promise<void> {
  await progress.step('end the processes', () => endGroup());
  await progress.step('free mounts, disks and network', async () => {
    await unmountBelow([stateDir, cacheDir]);
    await detachDisks();
    await removeNetwork();
  });
  await restoreSysctls();
  await progress.step('remove the state', () => rm(stateDir, { recursive: true, force: true }));
  if (options.purge) {
    await progress.step('remove the cache', async () => {
      // Go makes its module cache read-only, also for its owner where that is not root.
      await run(['rm', '-rf', '--one-file-system', cacheDir]);
    });
  }
}

async function mountPoints(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '));
}

/** Nodes have mount namespaces of their own; what is found here was left by an interrupted build. */
async function unmountBelow(folders: readonly string[]): Promise<void> {
  await until('the end of the mounts', 30, async () => {
    const ours = (await mountPoints()).filter((point) =>
      folders.some((folder) => point.startsWith(`${folder}/`)),
    );
    for (const point of ours.reverse()) await ask(['umount', '--lazy', point]);
    return ours.length === 0 ? true : undefined;
  });
}

/** Puts raised limits back, unless somebody changed them since. */
async function restoreSysctls(): Promise<void> {
  for (const [path, before] of Object.entries((await readFacts())?.sysctls ?? {})) {
    await writeFile(path, before).catch(() => undefined);
  }
}
