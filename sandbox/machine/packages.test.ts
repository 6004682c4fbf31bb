import { execa } from 'execa';
import { access, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clearInstallation, type Places } from './packages.ts';
import { until } from './wait.ts';

// The real script with a dpkg and an apt-get of the tests; nothing of the machine is touched.
let folder: string;
let at: Places;
let command: ReturnType<typeof start>;
const said: string[] = [];
const progress = { say: (line: string) => void said.push(line) };

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
const untilThere = (path: string) => until(path, 30, async () => ((await exists(path)) ? true : undefined));

beforeEach(async () => {
  said.length = 0;
  folder = await mkdtemp(`${tmpdir()}/keelson-apt-`);
  at = { policy: `${folder}/policy-rc.d`, lock: `${folder}/lock`, log: `${folder}/log/apt.log` };
  await program('dpkg', 'true');
  await program('apt-get', 'true');
});
afterEach(async () => {
  command.kill('SIGKILL');
  await writeFile(`${folder}/go on`, '');
  await clearInstallation(progress, at);
  await rm(folder, { recursive: true });
});

async function program(name: string, body: string): Promise<void> {
  await writeFile(`${folder}/${name}`, `#!/bin/sh\ncd '${folder}'\n${body}\n`);
  await chmod(`${folder}/${name}`, 0o755);
}

/** An apt-get that says that it is at work and waits until it is told to go on. */
const slowApt = () =>
  program(
    'apt-get',
    `case "$*" in *" install "*) ;; *) exit ;; esac
cp policy-rc.d policy-seen; echo $PPID > installing
while [ ! -e 'go on' ]; do sleep 0.02; done
echo installed; touch installed`,
  );

/** Installs in a process of its own, which ends as an interrupted command does when it is sent SIGTERM. */
function start() {
  const source = `
    import { installPackages } from '${import.meta.dirname}/packages.ts';
    process.on('SIGTERM', () => process.exit(143));
    const progress = { step: (name, work) => work(), say: console.log };
    await installPackages([['no-such-command', 'a-package']], progress, ${JSON.stringify(at)});`;
  return execa(process.execPath, ['--input-type=module', '-e', source], {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    reject: false,
    all: true,
  });
}

const install = () => (command = start());

it('apt starts no services while it installs, and does so again afterwards', async () => {
  await slowApt();
  await writeFile(`${folder}/go on`, '');
  expect(await install()).toMatchObject({ exitCode: 0 });
  expect(await readFile(`${folder}/policy-seen`, 'utf8')).toContain('exit 101');
  expect(await exists(at.policy)).toBe(false);
});

it('what apt said about a failure is shown, and nothing stays', async () => {
  await program('apt-get', 'echo "E: Unable to locate package a-package" >&2; exit 100');
  const { exitCode, all } = await install();
  expect(exitCode).not.toBe(0);
  expect(all).toContain('could not be installed (a-package):\nE: Unable to locate package a-package');
  expect(await exists(at.policy)).toBe(false);
});

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'an installation whose command is ended by %s goes on to its end, and the next command waits for it',
  async (signal) => {
    await slowApt();
    const ended = install();
    await untilThere(`${folder}/installing`);
    command.kill(signal);
    await ended;

    const next = clearInstallation(progress, at);
    await until('the next command to wait', 30, () => (said.length > 0 ? true : undefined));
    expect(await exists(`${folder}/installed`)).toBe(false);
    expect(await exists(at.policy)).toBe(true);
    await writeFile(`${folder}/go on`, '');
    await next;
    expect(await readFile(at.log, 'utf8')).toBe('installed\n');
    expect(await exists(at.policy)).toBe(false);
  },
);

it('a killed installation leaves its policy behind, and the next command takes it away', async () => {
  await slowApt();
  const ended = install();
  await untilThere(`${folder}/installing`);
  command.kill('SIGKILL');
  await ended;
  const leader = Number(await readFile(`${folder}/installing`, 'utf8'));
  process.kill(-leader, 'SIGKILL');
  expect(await exists(at.policy)).toBe(true);
  await clearInstallation(progress, at);
  expect(await exists(at.policy)).toBe(false);
});

it("somebody else's policy is neither replaced nor removed", async () => {
  const foreign = '#!/bin/sh\nexit 101\n';
  await writeFile(at.policy, foreign);
  expect(await install()).toMatchObject({ exitCode: 0 });
  await clearInstallation(progress, at);
  expect(await readFile(at.policy, 'utf8')).toBe(foreign);
});
