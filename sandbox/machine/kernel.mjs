// Plain JavaScript for any Node from 18 on: start.mjs asks before any package is installed, preflight.ts again later.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** @typedef {import('./disk-space.mjs').Lack} Lack */

/** CAP_SYS_ADMIN. */
const mayMount = 1n << 21n;

const otherMachine = 'a virtual one will do; or use the chart in deploy/ with a Kubernetes of your own';

/** A message about a machine for which the sandbox is not made. @returns {Lack | undefined} */
export function wrongMachine() {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version')) {
    return {
      message: 'The sandbox runs on Debian only: it makes its nodes of Debian packages and Linux namespaces.',
      next: `use a Debian machine: ${otherMachine}`,
    };
  }
  if (process.arch === 'x64') return undefined;
  return {
    message: `The sandbox is made for amd64 machines, and this one is ${process.arch}.`,
    next: `use an amd64 machine: ${otherMachine}`,
  };
}

/** A message about what this machine's kernel does not have, or does not let us have. @returns {Lack | undefined} */
export function lackOfKernel() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const capabilities = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`);
  if ((capabilities & mayMount) === 0n) {
    return {
      message: 'Root may not mount here (CAP_SYS_ADMIN is missing): this is a container with limits.',
      next: 'use a machine of its own, or a privileged container',
    };
  }
  if (!hasOverlay()) {
    return {
      message: 'This kernel has no overlayfs, of which the nodes are made.',
      next: 'load its module (modprobe overlay), or use a machine whose kernel has it',
    };
  }
  if (existsSync('/dev/loop-control')) return undefined;
  return {
    message: 'This machine has no loop devices (/dev/loop-control), of which the disks are made.',
    next: 'load their module (modprobe loop), or use a machine whose kernel has it',
  };
}

/** In Debian's own kernel it is a module, which the first mount loads. */
function hasOverlay() {
  return (
    readFileSync('/proc/filesystems', 'utf8').includes('overlay') ||
    spawnSync('modprobe', ['--dry-run', '--quiet', 'overlay']).status === 0
  );
}
