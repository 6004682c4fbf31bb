import { beforeEach, expect, it, vi } from 'vitest';
import { down } from '../down.ts';
import { installPackages } from '../machine/packages.ts';
import { preflight } from '../machine/preflight.ts';
import { Problem } from '../problem.ts';
import { runVitest } from './runners.ts';
import { runTests } from './tests.ts';
import { up } from '../up.ts';

// Nothing of this may touch the machine: the run of tests without what it runs.
vi.mock('../change.ts', () => ({
  change: async (_: string, work: () => unknown) => ({ result: await work() }),
}));
vi.mock('../down.ts', () => ({ down: vi.fn() }));
vi.mock('../state.ts', () => ({ readState: () => Promise.resolve(undefined) }));
vi.mock('../machine/packages.ts', () => ({ installPackages: vi.fn(), testPackages: [] }));
vi.mock('../machine/preflight.ts', () => ({ preflight: vi.fn() }));
vi.mock('./runners.ts', () => ({ runGo: vi.fn(), runVitest: vi.fn() }));
vi.mock('../up.ts', () => ({ up: vi.fn() }));

let printed = '';

beforeEach(() => {
  printed = '';
  const write = (text: string | Uint8Array) => ((printed += String(text)), true);
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  vi.mocked(runVitest).mockResolvedValue({ passed: 3, skipped: 0, failures: [] });
  return () => vi.resetAllMocks();
});

const lastLine = () => printed.trimEnd().split('\n').at(-1);

it('brings up a sandbox, tests, and takes it down', async () => {
  expect(await runTests('e2e', [])).toBe(true);
  expect(lastLine()).toBe('3 passed, 0 failed');
  expect(down).toHaveBeenCalledOnce();
});

it.each([
  ['does not come up', up, 0, new Problem('kube-apiserver ended', 'npm run sandbox -- logs kube-apiserver')],
  ['does not come up by a mistake of ours', up, 0, new TypeError('nothing is not a node')],
  ['is not taken down', down, 3, new Problem('waited 60 s in vain')],
  ['cannot be tested because packages are missing', installPackages, 0, new Problem('apt-get failed')],
])('a sandbox that %s is a failure, and the last line says so', async (_, step, passed, error) => {
  vi.mocked(step).mockRejectedValue(error);
  expect(await runTests('e2e', [])).toBe(false);
  expect(lastLine()).toBe(`${passed} passed, 1 failed`);
  expect(printed).toMatch(new RegExp(`^✗ .*${error.message}`, 'm'));
});

it('a part in which nothing passed is a failure', async () => {
  vi.mocked(runVitest).mockResolvedValue({ passed: 0, skipped: 2, failures: [] });
  expect(await runTests('e2e', [])).toBe(false);
  expect(lastLine()).toBe('0 passed, 1 failed, 2 skipped');
  expect(down).not.toHaveBeenCalled();
});

it('what failed is named just before the closing lines', async () => {
  const failures = ['disks.test.ts > formats once: two runs of mkfs'];
  vi.mocked(runVitest).mockResolvedValue({ passed: 3, skipped: 0, failures });
  expect(await runTests('e2e', [])).toBe(false);
  expect(printed.trimEnd().split('\n').slice(-2)).toEqual([`✗ e2e: ${failures[0]}`, '3 passed, 1 failed']);
});

it('what stands in the way is said before anything is installed', async () => {
  vi.mocked(preflight).mockRejectedValue(new Problem('port 9000 is needed'));
  await expect(runTests('e2e', [])).rejects.toThrow('port 9000 is needed');
  expect(installPackages).not.toHaveBeenCalled();
  expect(up).not.toHaveBeenCalled();
});
