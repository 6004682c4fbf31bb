import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { takeFileLock, type FileLock } from './file-lock.ts';
import { Problem } from '../problem.ts';
import type { Progress } from '../progress.ts';
import { ask } from './run.ts';
import { cache } from '../settings.ts';

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

/** Where an installation leaves traces; only tests name other places. */
export interface Places {
  readonly policy: string;
  readonly lock: string;
  readonly log: string;
}

const places: Places = {
  policy: '/usr/sbin/policy-rc.d',
  lock: '/run/keelson-sandbox-apt.lock',
  log: `${cache.logs}/apt.log`,
};

const policy =
  '#!/bin/sh\n# For the moment of an installation by the Keelson sandbox: starts no service.\nexit 101\n';

export async function installPackages(
  needs: readonly Need[],
  progress: Progress,
  at: Places = places,
): Promise<void> {
  const missing: string[] = [];
  for (const [command, packageName] of needs) {
    if ((await ask(['sh', '-c', 'command -v "$0"', command])) === undefined) missing.push(packageName);
  }
  if (missing.length === 0) return;
  await progress.step(`install Debian packages: ${missing.join(', ')}`, async () => {
    const lock = await lockApt(progress, at);
    try {
      await install(missing, lock, at);
    } finally {
      await lock.release();
    }
  });
}

/**
 * An installation whose command was interrupted goes on by itself, so its end is awaited. One that was killed as well
 * has left its policy behind, with which apt would never again start a service on this machine.
 */
export async function clearInstallation(progress: Pick<Progress, 'say'>, at: Places = places): Promise<void> {
  const lock = await lockApt(progress, at);
  try {
    const present = await readFile(at.policy, 'utf8').catch(() => undefined);
    if (present === policy) await rm(at.policy);
  } finally {
    await lock.release();
  }
}

function lockApt(progress: Pick<Progress, 'say'>, at: Places): Promise<FileLock> {
  return takeFileLock(at.lock, `pid ${process.pid}`, 600, () =>
    progress.say('  waiting for the installation of Debian packages that an interrupted command has begun'),
  );
}

/** Its output goes into the log directly: a pipe would break when this process is ended, and apt with it. */
async function install(packages: readonly string[], lock: FileLock, at: Places): Promise<void> {
  await mkdir(dirname(at.log), { recursive: true });
  const log = await open(at.log, 'a+');
  try {
    const { size } = await log.stat();
    const script = `${import.meta.dirname}/install-packages.sh`;
    const child = spawn('bash', [script, at.policy, policy, ...packages], {
      detached: true,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', log.fd, log.fd, lock.fd],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code === 0) return;
    const said = (await readFile(at.log)).subarray(size).toString().trim().split('\n').slice(-12);
    throw new Problem(
      `Debian packages could not be installed (${packages.join(', ')}):\n${said.join('\n')}`,
      `all of its output: ${at.log}`,
    );
  } finally {
    await log.close();
  }
}
