import { readFile, rm, writeFile } from 'node:fs/promises';
import type { Progress } from './progress.ts';
import { ask, run } from './run.ts';

/** A command that this machine must have, and Debian's package for it. */
type Need = readonly [command: string, packageName: string];

/** What the sandbox itself needs. */
export const ownPackages: readonly Need[] = [
  ['debootstrap', 'debootstrap'],
  ['buildah', 'buildah'],
  ['ip', 'iproute2'],
  ['openssl', 'openssl'],
  ['losetup', 'mount'],
  ['unshare', 'util-linux'],
  ['pip3', 'python3-pip'],
];

/** What tests run or look at on this machine itself, beside what the sandbox needs. */
export const testPackages: readonly Need[] = [
  // The stand-ins of the Curve image are tested with the real daemons beside them.
  ['etcd', 'etcd-server'],
  ['etcdctl', 'etcd-client'],
  ['nginx', 'nginx-light'],
  // The node worker's rules are tested on loop devices with everything a disk may already hold.
  ['mkfs.ext4', 'e2fsprogs'],
  ['mkfs.xfs', 'xfsprogs'],
  ['sfdisk', 'fdisk'],
  ['pvcreate', 'lvm2'],
  ['mdadm', 'mdadm'],
];

const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300'];
const env = { DEBIAN_FRONTEND: 'noninteractive' };

export async function installPackages(needs: readonly Need[], progress: Progress): Promise<void> {
  const missing: string[] = [];
  for (const [command, packageName] of needs) {
    if ((await ask(['sh', '-c', 'command -v "$0"', command])) === undefined) missing.push(packageName);
  }
  if (missing.length === 0) return;
  await progress.step(`install Debian packages: ${missing.join(', ')}`, () =>
    withoutServices(async () => {
      // setsid: Ctrl-C must not reach dpkg half way through a package. What was interrupted otherwise is finished first.
      await run(['setsid', '--wait', 'dpkg', '--configure', '-a'], { env, logName: 'apt' });
      await run(['setsid', '--wait', ...apt, 'update', '-qq'], { env, logName: 'apt' });
      const install = ['install', '-y', '--no-install-recommends', ...missing];
      await run(['setsid', '--wait', ...apt, ...install], { env, logName: 'apt' });
    }),
  );
}

const policyFile = '/usr/sbin/policy-rc.d';
const policy =
  '#!/bin/sh\n# For the moment of an installation by the Keelson sandbox: starts no service.\nexit 101\n';

/** Only the programs are wanted: Debian's way to keep packages from starting their services while they are installed. */
async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const present = await readFile(policyFile, 'utf8').catch(() => undefined);
  const ours = present === undefined || present === policy;
  if (ours) await writeFile(policyFile, policy, { mode: 0o755 });
  try {
    return await work();
  } finally {
    if (ours) await rm(policyFile, { force: true });
  }
}
