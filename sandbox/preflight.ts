import { readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from './problem.ts';
import { cacheDir, diskNeeded, loopbackPorts, stateDir } from './settings.ts';
import { toolsAreThere } from './tools.ts';

/** CAP_SYS_ADMIN. */
const mayMount = 1n << 21n;

/** Everything that would make `up` fail half way, asked before anything is changed. start.mjs asked the simplest already. */
export async function checkMachine(): Promise<void> {
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
  await checkDisk();
}

async function checkDisk(): Promise<void> {
  const needed = (await toolsAreThere()) ? diskNeeded.warm : diskNeeded.cold;
  for (const folder of [cacheDir, stateDir]) {
    let existing = folder;
    while (!existsSync(existing)) existing = dirname(existing);
    const { bavail, bsize } = await statfs(existing);
    const gib = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
    if (bavail * bsize < needed) {
      throw new Problem(
        `${folder} has ${gib(bavail * bsize)} left on its disk, and ${gib(needed)} are needed`,
        'free some space, or name another folder for the cache with KEELSON_SANDBOX_CACHE',
      );
    }
  }
}

/** Only asked while no sandbox runs: then nobody else may hold its ports on loopback. */
export async function checkPorts(): Promise<void> {
  for (const port of loopbackPorts) {
    await new Promise<void>((resolve, reject) => {
      const server = createServer();
      server.once('error', () =>
        reject(
          new Problem(
            `port 127.0.0.1:${port} is in use by another program`,
            `see who it is: ss -ltnp 'sport = :${port}'`,
          ),
        ),
      );
      server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
    });
  }
}
