import { createHash } from 'node:crypto';
import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import type { Progress } from '../progress.ts';
import { Problem } from '../problem.ts';
import { run } from '../machine/run.ts';
import { cache } from '../settings.ts';
import { versions } from '../tools/versions.ts';

/** A Debian root file system, made by debootstrap. */
interface Rootfs {
  readonly label: string;
  readonly packages: readonly string[];
  /** Named by what is in it: another list of packages is another one. */
  readonly path: string;
}

function rootfs(label: string, packages: readonly string[]): Rootfs {
  const key = createHash('sha256')
    .update([versions.debian, ...packages].join(' '))
    .digest('hex')
    .slice(0, 8);
  return { label, packages, path: `${cache.rootfs}/${label}-${versions.debian}-${key}` };
}

/** The lower layer of every node's root, and where haproxy comes from. Read-only once it is made. */
export const nodeRootfs = rootfs('node', [
  ...['containerd', 'runc', 'containernetworking-plugins', 'iptables', 'nftables', 'conntrack', 'iproute2'],
  ...['mount', 'util-linux', 'e2fsprogs', 'xfsprogs', 'kmod', 'procps', 'ca-certificates', 'haproxy'],
]);

/** What `FROM localhost/debian-base:1` is. */
export const baseRootfs = rootfs('base', ['ca-certificates']);

export function rootfsIsThere(which: Rootfs): Promise<boolean> {
  return access(which.path).then(
    () => true,
    () => false,
  );
}

/** The mirror that this machine's own apt uses. */
async function debianMirror(): Promise<string> {
  const targets = await run([
    'apt-get',
    'indextargets',
    '--format',
    '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const lines = targets.split('\n').map((line) => line.split(' '));
  const main = lines.find(
    ([origin, component, codename]) =>
      origin === 'Debian' && component === 'main' && !codename?.includes('-'),
  );
  const mirror = main?.[3];
  if (mirror === undefined)
    throw new Problem("apt on this machine knows no Debian mirror with component 'main'", 'apt-get update');
  return mirror;
}

export async function makeRootfs(which: Rootfs, progress: Progress): Promise<void> {
  if (await rootfsIsThere(which)) return;
  await progress.step(
    `unpack Debian for ${which.label === 'node' ? 'the nodes' : 'the base image'}`,
    async () => {
      const unfinished = `${which.path}.unfinished`;
      await rm(unfinished, { recursive: true, force: true });
      await mkdir(cache.downloads, { recursive: true });
      await mkdir(cache.rootfs, { recursive: true });
      await run(
        [
          'debootstrap',
          '--variant=minbase',
          `--cache-dir=${cache.downloads}`,
          `--include=${which.packages.join(',')}`,
          versions.debian,
          unfinished,
          await debianMirror(),
        ],
        { logName: `debootstrap-${which.label}`, contained: true },
      );
      await chmod(unfinished, 0o755);
      await rm(`${unfinished}/var/cache/apt/archives`, { recursive: true, force: true });
      await mkdir(`${unfinished}/var/cache/apt/archives/partial`, { recursive: true });
      await rename(unfinished, which.path);
    },
  );
}
