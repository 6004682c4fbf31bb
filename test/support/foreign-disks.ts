import { execa } from 'execa';
import { constants, type FileHandle, open, readlink } from 'node:fs/promises';
import { onNode, runOn } from './node-root.ts';
import type { Sandbox } from './sandbox.ts';

/** What a disk can hold that is not ours, made by the tools that people make it with. */

/** The loop device behind a disk of a node; the node and this machine call it the same. */
export async function loopOf(box: Sandbox, node: string, device: string): Promise<string> {
  return `/dev/${await readlink(onNode(box, node, device))}`;
}

/** The stable name of a loop device on its node. */
export async function deviceOf(box: Sandbox, node: string, loop: string): Promise<string> {
  for (const name of ['/dev/vdc', '/dev/vdd', '/dev/vde', '/dev/vdf']) {
    if ((await loopOf(box, node, name)) === loop) return name;
  }
  throw new Error(`${node} has no disk behind ${loop}`);
}

export async function makeFilesystem(box: Sandbox, node: string, device: string): Promise<void> {
  await execa('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0', await loopOf(box, node, device)]);
}

export async function makePartitionTable(box: Sandbox, node: string, device: string): Promise<void> {
  const script = 'label: gpt\nsize=64MiB\n';
  await execa('sfdisk', ['--quiet', '--no-reread', await loopOf(box, node, device)], { input: script });
}

export async function makeLvmLabel(box: Sandbox, node: string, device: string): Promise<void> {
  const loop = await loopOf(box, node, device);
  // Without udev and device-mapper, of which this machine has neither.
  const config =
    'devices{use_devicesfile=0 external_device_info_source="none"} activation{udev_sync=0 udev_rules=0}';
  await execa('pvcreate', ['--quiet', '--config', config, loop]);
}

/** Read-only, so that nothing is written by the mount itself. */
export async function mountOn(box: Sandbox, node: string, device: string, at: string): Promise<void> {
  await runOn(box, node, ['mkdir', '-p', at]);
  await runOn(box, node, ['mount', '-o', 'ro', device, at]);
}

/** Keeps the disk as a program does that has claimed it, until the handle is closed. */
export const claim = async (box: Sandbox, node: string, device: string): Promise<FileHandle> =>
  open(await loopOf(box, node, device), constants.O_RDWR | constants.O_EXCL);

/** What a person does to free a disk. */
export async function wipe(box: Sandbox, node: string, device: string): Promise<void> {
  await execa('wipefs', ['--all', '--quiet', await loopOf(box, node, device)]);
}
