import { execa } from 'execa';
import { readdir, readFile, statfs } from 'node:fs/promises';
import type { Sandbox } from './sandbox.ts';

/** The inside of a node of the sandbox, seen from the machine that it runs on. */

/** A path of the node, as this machine reaches it: with everything that is mounted there. */
export const onNode = (box: Sandbox, node: string, path: string): string =>
  `/proc/${box.pid(node)}/root${path}`;

/** Runs a program of the node on the node, as its root would. */
export async function runOn(box: Sandbox, node: string, argv: readonly string[]): Promise<string> {
  const enter = ['--target', String(box.pid(node)), '--mount', '--pid', '--net', '--uts', '--'];
  const { stdout } = await execa('nsenter', [...enter, ...argv], { stdin: 'ignore' });
  return stdout;
}

/** Undefined: there is no such file. */
export const readOn = (box: Sandbox, node: string, path: string): Promise<string | undefined> =>
  orMissing(() => readFile(onNode(box, node, path), 'utf8'));

/** Undefined: there is no such folder. */
export const namesOn = (box: Sandbox, node: string, path: string): Promise<string[] | undefined> =>
  orMissing(() => readdir(onNode(box, node, path)));

/** Size of the file system that holds the path, in bytes, as statfs counts. */
export async function sizeOn(box: Sandbox, node: string, path: string): Promise<number> {
  const { blocks, bsize } = await statfs(onNode(box, node, path));
  return blocks * bsize;
}

async function orMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
