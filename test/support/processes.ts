import { readdir, readFile } from 'node:fs/promises';
import type { Sandbox } from './sandbox.ts';

/** A process on a node of the sandbox, as this machine sees it. */
export interface NodeProcess {
  readonly pid: number;
  readonly command: string;
  /** Clock ticks since the machine's start: with the pid it names one process for ever. */
  readonly startTime: string;
}

/**
 * The Keelson process of a pod, found by the environment that the chart gives it. Looked for below the first processes
 * of the sandbox's nodes alone, so nothing else on this machine can ever be meant.
 */
export async function keelsonProcess(box: Sandbox, pod: string): Promise<NodeProcess | undefined> {
  for (const found of await nodeProcesses(box)) {
    if (!/\/app\/dist\/\w+\.js/.test(found.command)) continue;
    const environment = await readOrNothing(`/proc/${found.pid}/environ`);
    if (environment.split('\0').includes(`POD_NAME=${pod}`)) return found;
  }
  return undefined;
}

/** Every process on any node of the sandbox, or on one. */
export async function nodeProcesses(box: Sandbox, node?: string): Promise<NodeProcess[]> {
  const roots = new Set(
    box.status.nodes.filter((n) => node === undefined || n.name === node).flatMap((n) => n.pid ?? []),
  );
  const parents = new Map<number, number>();
  const startTimes = new Map<number, string>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readOrNothing(`/proc/${name}/stat`);
    if (stat === '') continue;
    // The name in parentheses may hold blanks; what follows it does not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    parents.set(Number(name), Number(fields[1]));
    startTimes.set(Number(name), fields[19] ?? '');
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (roots.has(pid) || isBelow(parents.get(pid)));
  const found: NodeProcess[] = [];
  for (const pid of parents.keys()) {
    if (!isBelow(pid)) continue;
    const command = (await readOrNothing(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim();
    found.push({ pid, command, startTime: startTimes.get(pid) ?? '' });
  }
  return found;
}

/** kill -9 of exactly this process; false when it has ended meanwhile. */
export async function killProcess(box: Sandbox, { pid, startTime }: NodeProcess): Promise<boolean> {
  const still = (await nodeProcesses(box)).some((p) => p.pid === pid && p.startTime === startTime);
  if (still) process.kill(pid, 'SIGKILL');
  return still;
}

/** Empty when the process has gone. */
async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code)))
      return '';
    throw error;
  }
}
