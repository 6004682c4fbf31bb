import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { controlUnit, groupMembers } from './cgroups.ts';
import { diskNeeded, lackOfDisk } from './disk-space.mjs';
import { readFacts } from './facts.ts';
import { holderOf, readListeners, socketsOf, type Listener } from './listeners.ts';
import { Problem } from './problem.ts';
import { ownAddresses } from './settings.ts';
import { toolsAreThere } from './tools.ts';

/** CAP_SYS_ADMIN. */
const mayMount = 1n << 21n;

/** Everything that would make `up` fail half way, asked before anything is changed. start.mjs asked the simplest already. */
export async function preflight(): Promise<void> {
  await checkMachine();
  await checkDisk();
  await checkPorts();
}

async function checkMachine(): Promise<void> {
  if (process.arch !== 'x64')
    throw new Problem(`the sandbox is made for amd64 machines, and this one is ${process.arch}`);
  const status = await readFile('/proc/self/status', 'utf8');
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
  if ((capabilities & mayMount) === 0n) {
    throw new Problem(
      'root may not mount here (CAP_SYS_ADMIN is missing): this is a container with limits',
      'use a machine of its own, or a privileged container',
    );
  }
  const filesystems = await readFile('/proc/filesystems', 'utf8');
  if (!filesystems.includes('overlay'))
    throw new Problem('this kernel has no overlayfs, of which the nodes are made');
  if (!existsSync('/dev/loop-control'))
    throw new Problem('this machine has no loop devices (/dev/loop-control), of which the disks are made');
}

async function checkDisk(): Promise<void> {
  const lack = lackOfDisk((await toolsAreThere()) ? diskNeeded.warm : diskNeeded.cold);
  if (lack !== undefined) throw new Problem(lack.message, lack.next);
}

/** Listeners of others at addresses that the sandbox needs. */
export function inTheWay(
  listeners: readonly Listener[],
  ours: readonly string[],
  bridge: string | undefined,
): Listener[] {
  const needed = ownAddresses(bridge);
  return listeners.filter(
    ({ address, port, inode }) =>
      !ours.includes(inode) &&
      needed.some((own) => own.port === port && (address === '*' || own.address === address)),
  );
}

async function checkPorts(): Promise<void> {
  const own = await Promise.all((await groupMembers(controlUnit)).map(socketsOf));
  const bridge = (await readFacts())?.addresses.bridge;
  const taken = inTheWay(await readListeners(), own.flat(), bridge);
  if (taken.length > 0) throw new Problem(...(await wordsFor(taken)));
}

export async function wordsFor(taken: readonly Listener[]): Promise<[message: string, next: string]> {
  const lines = taken.map(async (listener) => {
    const holder = await holderOf(listener);
    const who =
      holder === undefined ? 'a process that cannot be seen from here' : `${holder.name} (pid ${holder.pid})`;
    return `port ${listener.port} is needed, and ${who} listens at ${listener.address}:${listener.port}`;
  });
  const next = 'end it, or let it listen at another port; those of the sandbox cannot be changed';
  return [(await Promise.all(lines)).join('\n'), next];
}
