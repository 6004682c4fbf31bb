import { beforeEach, expect, it, vi } from 'vitest';
import { down } from '../down.ts';
import { installPackages } from '../machine/packages.ts';
import { preflight } from '../machine/preflight.ts';
import { Problem } from '../problem.ts';
import { noTests } from './outcome.ts';
import { testParts } from './parts.ts';
import { runGo, runVitest } from './runners.ts';
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
vi.mock('../tools/tools.ts', () => ({ build: vi.fn(), goCommand: () => Promise.resolve('go'), tools: {} }));
vi.mock('../up.ts', () => ({ up: vi.fn() }));

let printed = '';

beforeEach(() => {
  printed = '';
  const write = (text: string | Uint8Array) => ((printed += String(text)), true);
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  vi.mocked(runVitest).mockResolvedValue({ ...noTests, passed: 3 });
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

it('what computes runs beside what waits, out of its way; the table shows the time of each part', async () => {
  const { promise: goEnds, resolve } = Promise.withResolvers<void>();
  const started: string[] = [];
  vi.mocked(runVitest).mockImplementation(async (part, { beside }) => {
    const name = Object.entries(testParts).find(([, known]) => known === part)?.[0] ?? '';
    started.push(beside ? `${name}, beside` : name);
    if (name === 'faults') await goEnds;
    return { ...noTests, passed: 3 };
  });
  vi.mocked(runGo).mockImplementation((_, module, { beside }) => {
    started.push(beside ? `${module}, beside` : module);
    resolve();
    return Promise.resolve({ ...noTests, passed: 1 });
  });
  expect(await runTests(undefined, [])).toBe(true);
  const inOrder = ['unit', 'integration', 'e2e', 'faults', 'sandbox/curve-image, beside', 'scale'];
  expect(started).toEqual(inOrder);
  const table = printed.trimEnd().split('\n').slice(-9);
  expect(table.map((line) => line.split(/\s{2,}/)[0])).toEqual([
    ...['setting up', 'unit', 'curve-image', 'integration', 'e2e', 'faults', 'scale', 'all'],
    '16 passed, 0 failed',
  ]);
  expect(down).toHaveBeenCalledOnce();
});

it('a sandbox that does not come up keeps no other part from its tests', async () => {
  vi.mocked(up).mockRejectedValue(new Problem('kube-apiserver ended'));
  vi.mocked(runGo).mockResolvedValue({ ...noTests, passed: 1 });
  expect(await runTests(undefined, [])).toBe(false);
  expect(vi.mocked(runVitest).mock.calls.map(([{ project }]) => project)).toEqual(['unit', 'integration']);
  expect(lastLine()).toBe('7 passed, 3 failed');
});

it('a part in which nothing passed is a failure', async () => {
  vi.mocked(runVitest).mockResolvedValue({ ...noTests, skipped: 2 });
  expect(await runTests('e2e', [])).toBe(false);
  expect(lastLine()).toBe('0 passed, 1 failed, 2 skipped');
  expect(down).not.toHaveBeenCalled();
});

it('what failed is named just before the closing lines', async () => {
  const failures = ['disks.test.ts > formats once: two runs of mkfs'];
  vi.mocked(runVitest).mockResolvedValue({ ...noTests, passed: 3, failures });
  expect(await runTests('e2e', [])).toBe(false);
  expect(printed.trimEnd().split('\n').slice(-2)).toEqual([`✗ e2e: ${failures[0]}`, '3 passed, 1 failed']);
});

it('what stands in the way is said before anything is installed', async () => {
  vi.mocked(preflight).mockRejectedValue(new Problem('port 9000 is needed'));
  await expect(runTests('e2e', [])).rejects.toThrow('port 9000 is needed');
  expect(installPackages).not.toHaveBeenCalled();
  expect(up).not.toHaveBeenCalled();
});
