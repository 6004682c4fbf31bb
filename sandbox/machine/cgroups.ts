import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { cgroup, controlUnit } from './ports.mjs';
import { until } from './wait.ts';

/**
 * Every process of the sandbox lives in a control group below `keelson`. Groups are inherited by children and survive
 * their leader, so they are how the sandbox knows its own processes, however it was interrupted: whoever is in there
 * was started by the sandbox, and nobody else is ever ended.
 *
 *   keelson/control            Temporal, etcd, API server, S3, …
 *   keelson/node1 …            a node; its own cgroup namespace begins here, pods are below
 *   keelson/build              what a command runs for longer: compilers, buildah, debootstrap
 */
export type Unit = string;

export { controlUnit };
export const buildUnit: Unit = 'build';

/**
 * Puts a command into the unit. It enters the groups first, so that there is no moment in which the process is not
 * known as ours.
 */
export async function inGroup(
  unit: Unit,
  argv: readonly string[],
): Promise<{ argv: string[]; env: Record<string, string> }> {
  const enter =
    'for group in $KEELSON_GROUPS; do echo $$ > "$group/cgroup.procs" || exit 70; done; unset KEELSON_GROUPS; exec "$@"';
  const groups = await createGroup(unit);
  return { argv: ['/bin/sh', '-c', enter, 'sh', ...argv], env: { KEELSON_GROUPS: groups.join(' ') } };
}

interface Hierarchies {
  readonly version: 1 | 2;
  readonly mounts: readonly string[];
}

async function hierarchies(): Promise<Hierarchies> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const ofType = (type: string) =>
    lines.flatMap((line) => {
      const [before, after] = line.split(' - ');
      const point = before?.split(' ')[4];
      return after?.split(' ')[0] === type && point !== undefined ? [point] : [];
    });
  const v1 = ofType('cgroup');
  return v1.length > 0 ? { version: 1, mounts: v1 } : { version: 2, mounts: ofType('cgroup2').slice(0, 1) };
}

/** Creates the unit's group in every hierarchy and returns the directories. */
async function createGroup(unit: Unit): Promise<string[]> {
  const { version, mounts } = await hierarchies();
  const directories: string[] = [];
  for (const mount of mounts) {
    let parent = mount;
    for (const part of [cgroup, unit]) {
      const directory = `${parent}/${part}`;
      await mkdir(directory, { recursive: true });
      if (version === 1) await inheritCpuset(parent, directory);
      else await passOnControllers(parent);
      parent = directory;
    }
    directories.push(parent);
  }
  return directories;
}

/** A new version 1 cpuset group is empty and refuses processes until it has cores and memory. */
async function inheritCpuset(parent: string, directory: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const value = await readFile(`${parent}/${file}`, 'utf8').catch(() => undefined);
    if (value !== undefined) await writeFile(`${directory}/${file}`, value);
  }
}

/** In version 2 a group's children have only the controllers that it passes on. */
async function passOnControllers(parent: string): Promise<void> {
  const controllers = (await readFile(`${parent}/cgroup.controllers`, 'utf8')).trim().split(' ');
  for (const controller of controllers.filter((name) => name !== '')) {
    await writeFile(`${parent}/cgroup.subtree_control`, `+${controller}`).catch(() => undefined);
  }
}

/** All groups of the unit (of the sandbox, without a unit), deepest first. */
async function groupTree(unit?: Unit): Promise<string[]> {
  const { mounts } = await hierarchies();
  const found: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) await walk(`${directory}/${entry.name}`);
    found.push(directory);
  };
  for (const mount of mounts)
    await walk(unit === undefined ? `${mount}/${cgroup}` : `${mount}/${cgroup}/${unit}`);
  return found;
}

/** The groups of the sandbox that there are, as directories. */
export async function existingGroups(): Promise<string[]> {
  return (await groupTree()).filter((directory) => existsSync(directory));
}

export async function groupMembers(unit?: Unit): Promise<number[]> {
  const pids = new Set<number>();
  for (const directory of await groupTree(unit)) {
    const text = await readFile(`${directory}/cgroup.procs`, 'utf8').catch(() => '');
    // 0 stands for a process that this pid namespace cannot see.
    for (const line of text.split('\n')) if (Number(line) > 0) pids.add(Number(line));
  }
  return [...pids];
}

/** Ends everything in the unit and returns when nothing is left of it. */
export async function endGroup(unit?: Unit): Promise<void> {
  await until(`the end of all processes in control group ${cgroup}/${unit ?? ''}`, 60, async () => {
    const members = await groupMembers(unit);
    for (const pid of members) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
    return members.length === 0 ? true : undefined;
  });
  await until(`the removal of control group ${cgroup}/${unit ?? ''}`, 30, async () => {
    // A group whose last process is just being reaped is busy for a moment.
    for (const directory of await groupTree(unit)) await rmdir(directory).catch(() => undefined);
    const left = await Promise.all(
      (await groupTree(unit)).map((directory) => readdir(directory).catch(() => [])),
    );
    return left.every((entries) => entries.length === 0) ? true : undefined;
  });
}
