// The first script a newcomer runs: plain JavaScript for any Node from 18 on, without dependencies. It says at once
// what stands in the way, installs the packages of package.json (a newer Node among them), and hands over to main.ts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDir, diskNeeded, lackOfDisk } from './disk-space.mjs';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);

/** @param {string} message @param {string} next @returns {never} */
function refuse(message, next) {
  process.stderr.write(`${message}\n→ ${next}\n`);
  process.exit(1);
}

const asksForHelp = args.length === 0 || args.includes('--help') || args.includes('-h') || args[0] === 'help';
if (!asksForHelp) {
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version')) {
    refuse(
      'The sandbox runs on Debian only: it makes its nodes of Debian packages and Linux namespaces.',
      'use a Debian machine (a virtual one will do), or the chart in deploy/ with a Kubernetes of your own',
    );
  }
  if (process.getuid?.() !== 0) {
    refuse(
      'The sandbox makes namespaces, loop devices and mounts, and needs root for that.',
      `sudo npm run ${args[0] === 'demo' || args[0] === 'test' ? args[0] : `sandbox -- ${args.join(' ')}`}`,
    );
  }
  const bringsUp =
    ['up', 'reset', 'demo'].includes(args[0] ?? '') || (args[0] === 'test' && args.length === 1);
  const lack = bringsUp && lackOfDisk(existsSync(cacheDir) ? diskNeeded.warm : diskNeeded.cold);
  if (lack) refuse(lack.message, lack.next);
  const { bavail, bsize } = statfsSync(checkout);
  if (!existsSync(join(checkout, 'node_modules')) && bavail * bsize < 2 * 1024 ** 3) {
    refuse(
      `Less than 2 GiB are left on the disk of ${checkout}, too little for the packages.`,
      'free some space',
    );
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
  if (npm.status !== 0)
    refuse('npm install failed; its words are above.', 'see that npm reaches its registry, then try again');
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
