import { execa } from 'execa';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

// A checkout in which nothing was ever installed, with an npm that only says that it was called.
let checkout: string;

beforeAll(() => {
  if (process.getuid?.() !== 0)
    throw new Error('needs root: it makes network namespaces; run it as root: sudo npm test -- unit');
});

beforeEach(async () => {
  checkout = await mkdtemp(`${tmpdir()}/keelson-start-`);
  await mkdir(`${checkout}/sandbox/machine`, { recursive: true });
  const files = await readdir(import.meta.dirname, { recursive: true });
  for (const file of files.filter((name) => /^(machine\/)?[\w-]+\.mjs$/.test(name)))
    await copyFile(`${import.meta.dirname}/${file}`, `${checkout}/sandbox/${file}`);
  await mkdir(`${checkout}/bin`);
  await writeFile(`${checkout}/bin/npm`, '#!/bin/sh\necho npm was called >&2\nexit 1\n');
  await chmod(`${checkout}/bin/npm`, 0o755);
  await chmod(checkout, 0o755);
});
afterEach(() => rm(checkout, { recursive: true }));

/** In a network of its own, in which somebody else listens at Temporal's port. */
const startBesideListener = (command: string) => {
  const source = `
    const start = () => require('child_process')
      .spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })
      .once('exit', (code) => process.exit(code));
    require('net').createServer().listen(7233, '0.0.0.0', start);`;
  return execa(
    'unshare',
    ['--net', process.execPath, '-e', source, `${checkout}/sandbox/start.mjs`, ...command.split(' ')],
    { env: { PATH: `${checkout}/bin:${process.env['PATH'] ?? ''}` }, reject: false },
  );
};

it.each(['demo', 'up', 'test', 'test e2e'])(
  '%s says which port is taken, and by whom, before it installs anything',
  async (command) => {
    const { exitCode, stderr } = await startBesideListener(command);
    expect(stderr).toMatch(/^port 7233 is needed, and \S+ \(pid \d+\) listens at \*:7233\n→ end it, /);
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain('npm was called');
  },
);

it.each(['down', 'status', 'test unit'])('%s does not care about ports', async (command) => {
  expect((await startBesideListener(command)).stderr).toContain('npm was called');
});

it('says that it needs root before it installs anything', async () => {
  const { exitCode, stderr } = await execa(process.execPath, [`${checkout}/sandbox/start.mjs`, 'up'], {
    reject: false,
    uid: 65_534,
  });
  expect(stderr).toMatch(/needs root for that\.\n→ sudo npm run sandbox -- up$/);
  expect(exitCode).toBe(1);
});

it('says that it needs an amd64 machine before it installs anything', async () => {
  const otherMachine = `data:text/javascript,Object.defineProperty(process,'arch',{value:'arm64'})`;
  const { exitCode, stderr } = await execa(
    process.execPath,
    [...['--import', otherMachine, `${checkout}/sandbox/start.mjs`, 'up']],
    { reject: false },
  );
  expect(stderr).toMatch(/^The sandbox is made for amd64 machines, and this one is arm64\.\n→ /);
  expect(exitCode).toBe(1);
});
