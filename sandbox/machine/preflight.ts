import { existsSync } from 'node:fs';
import { diskNeeded, lackOfDisk } from './disk-space.mjs';
import { lackOfKernel } from './kernel.mjs';
import { findAddresses } from '../cluster/network.ts';
import { busyPorts } from './ports.mjs';
import { Problem } from '../problem.ts';
import { bridge } from '../settings.ts';
import { toolsAreThere } from '../tools/tools.ts';

/**
 * Everything that would make `up` fail half way, asked before it changes anything. Most of it was asked by start.mjs,
 * before the packages of package.json were installed.
 */
export async function preflight(): Promise<void> {
  const needed = (await toolsAreThere()) ? diskNeeded.warm : diskNeeded.cold;
  const lack = lackOfKernel() ?? (await busyPorts()) ?? lackOfDisk(needed);
  if (lack !== undefined) throw new Problem(lack.message, lack.next);
  // With a bridge of ours the addresses are chosen, and found in use by ourselves.
  if (!existsSync(`/sys/class/net/${bridge}`)) await findAddresses();
}
