import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { existingGroups, groupMembers } from './cgroups.ts';
import { ownLoops } from '../cluster/disks.ts';
import { mountsBelow } from './mounts.ts';
import { existingNetwork } from '../cluster/network.ts';
import { Problem } from '../problem.ts';
import { cacheDir, stateDir } from '../settings.ts';

/** What there still is of the sandbox on this machine, as the kernel says. */
export interface Leftovers {
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  readonly groups: readonly string[];
  readonly interfaces: readonly string[];
  readonly namespaces: readonly string[];
  readonly loops: readonly (readonly [device: string, file: string])[];
  readonly mounts: readonly string[];
  readonly folders: readonly string[];
}

export async function findLeftovers(folders: readonly string[]): Promise<Leftovers> {
  const nameOf = async (pid: number) =>
    (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'just ending')).trim();
  const pids = await groupMembers();
  return {
    processes: await Promise.all(pids.map(async (pid) => ({ pid, name: await nameOf(pid) }))),
    groups: await existingGroups(),
    ...(await existingNetwork()),
    loops: await ownLoops(),
    mounts: (await mountsBelow([stateDir, cacheDir])).toReversed(),
    folders: folders.filter((folder) => existsSync(folder)),
  };
}

/** Each thing that is left, with the command that takes it away; undefined when nothing is left. */
export function problemOf(leftovers: Leftovers): Problem | undefined {
  const lines = [
    ...leftovers.processes.map(({ pid, name }) => `process ${pid} (${name}): kill -9 ${pid}`),
    ...leftovers.groups.map((group) => `control group ${group}: rmdir ${group}`),
    ...leftovers.interfaces.map((name) => `network interface ${name}: ip link delete ${name}`),
    ...leftovers.namespaces.map((name) => `network namespace ${name}: ip netns delete ${name}`),
    ...leftovers.loops.map(
      ([device, file]) => `loop device ${device} over ${file}: losetup --detach ${device}`,
    ),
    ...leftovers.mounts.map((point) => `mount ${point}: umount ${point}`),
    ...leftovers.folders.map((folder) => `folder ${folder}: rm -r ${folder}`),
  ];
  if (lines.length === 0) return undefined;
  return new Problem(
    `this is left of the sandbox, each with the command that takes it away:\n  ${lines.join('\n  ')}`,
    'npm run sandbox -- down, once more; then the commands above',
  );
}
