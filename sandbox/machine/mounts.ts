import { readFile } from 'node:fs/promises';
import { ask } from './run.ts';
import { until } from './wait.ts';

async function mountPoints(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '));
}

export async function isMounted(point: string): Promise<boolean> {
  return (await mountPoints()).includes(point);
}

/** In the order in which they were made. */
export async function mountsBelow(folders: readonly string[]): Promise<string[]> {
  return (await mountPoints()).filter((point) => folders.some((folder) => point.startsWith(`${folder}/`)));
}

/** Nodes have mount namespaces of their own; what is found here was left by an interrupted build. */
export async function unmountBelow(folders: readonly string[]): Promise<void> {
  await until('the end of the mounts', 30, async () => {
    const ours = await mountsBelow(folders);
    for (const point of ours.reverse()) await ask(['umount', '--lazy', point]);
    return ours.length === 0 ? true : undefined;
  });
}
