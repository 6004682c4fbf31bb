// The first script a newcomer runs: plain JavaScript for any Node from 18 on, without dependencies. It says at once
// what stands in the way, installs the packages of package.json (a newer Node among them), and hands over to main.ts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir, diskNeeded, lackOfDisk } from './machine/disk-space.mjs';
import { lackOfKernel, wrongMachine } from './machine/kernel.mjs';
import { busyPorts } from './machine/ports.mjs';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);

/** @param {import('./machine/disk-space.mjs').Lack | undefined} lack */
function refuse(lack) {
  if (lack === undefined) return;
  process.stderr.write(`${lack.message}\n→ ${lack.next}\n`);
  process.exit(1);
}

function lackOfRights() {
  if (process.getuid?.() === 0) return undefined;
  const command = args[0] === 'demo' || args[0] === 'test' ? args[0] : `sandbox -- ${args.join(' ')}`;
  return {
    message: 'The sandbox makes namespaces, loop devices and mounts, and needs root for that.',
    next: `sudo npm run ${command}`,
  };
}

function lackOfRoomForPackages() {
  const { bavail, bsize } = statfsSync(checkout);
  if (existsSync(join(checkout, 'node_modules')) || bavail * bsize >= 2 * 1024 ** 3) return undefined;
  return {
    message: `Less than 2 GiB are left on the disk of ${checkout}, too little for the packages.`,
    next: 'free some space',
  };
}

const asksForHelp = args.length === 0 || args.includes('--help') || args.includes('-h') || args[0] === 'help';
const bringsUp =
  ['up', 'reset', 'demo'].includes(args[0] ?? '') ||
  (args[0] === 'test' && !['unit', 'curve-image', 'scale'].includes(args[1] ?? ''));
if (!asksForHelp) {
  refuse(wrongMachine() ?? lackOfRights() ?? lackOfRoomForPackages());
  if (bringsUp) {
    const needed = existsSync(cacheDir) ? diskNeeded.warm : diskNeeded.cold;
    refuse(lackOfKernel() ?? (await busyPorts()) ?? lackOfDisk(needed));
  }
}

/**
 * Compares what is wanted with npm's own record of what is installed, package by package: after a pull with other
 * versions they differ; after an `npm install` by hand they do not. Optional packages are for other machines.
 */
function isInstalled() {
  try {
    const read = (/** @type {string} */ file) =>
      JSON.parse(readFileSync(join(checkout, file), 'utf8')).packages;
    const installed = read('node_modules/.package-lock.json');
    return Object.entries(read('package-lock.json')).every(
      ([path, { version, optional }]) =>
        path === '' || (installed[path]?.version ?? (optional ? version : undefined)) === version,
    );
  } catch {
    return false;
  }
}

if (!isInstalled()) {
  process.stderr.write('Installing the packages of package-lock.json (usually 30 s to a minute)…\n');
  // Not `npm ci`: it refuses a lock file that was written where the registry has no packages for other machines than this.
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: checkout,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    refuse({
      message: 'npm install failed; its output is above.',
      next: 'see that npm reaches its registry, then try again',
    });
  }
}

// Node 24 reads TypeScript as it is. Ctrl-C reaches the child by itself, and the child says what is left to do.
const child = spawn(
  join(checkout, 'node_modules', '.bin', 'node'),
  [join(checkout, 'sandbox', 'main.ts'), ...args],
  { stdio: 'inherit' },
);
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('exit', (code) => process.exit(code ?? 1));
