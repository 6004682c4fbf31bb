/** `npm run check [-- part…]`: everything about the code that needs no running system. Names each part that failed. */
import { availableParallelism } from 'node:os';
import { execa } from 'execa';

const parts = [
  { name: 'types', about: 'strict TypeScript', argv: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'lint', about: 'rules that know types: promises that nobody awaits', argv: ['oxlint'] },
  { name: 'pure', about: 'no Node in workflows and pure code', argv: ['tsc', '-p', 'tsconfig.pure.json'] },
  {
    name: 'imports',
    about: 'who may import whom',
    argv: ['depcruise', '-c', '.dependency-cruiser.mjs', 'src', 'sandbox', 'deploy', 'test'],
  },
  {
    name: 'format',
    about: 'prettier; "npx prettier --write ." corrects it',
    argv: ['prettier', '--check', '--log-level', 'warn', '.'],
  },
  { name: 'unused', about: 'files, exports and packages that nobody uses', argv: ['knip', '--no-progress'] },
  {
    name: 'references',
    about: 'files and headings that comments and documents cite',
    argv: ['node', 'test/references.ts'],
  },
  {
    name: 'commits',
    about: 'subjects: scope, colon, imperative',
    argv: ['node', 'test/commit-subjects.ts'],
  },
] as const;

type Part = (typeof parts)[number];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(`no part ${unknown.join(', ')}; there are: ${parts.map((part) => part.name).join(', ')}`);
  process.exit(2);
}

const waiting: Part[] = parts.filter((part) => names.length === 0 || names.includes(part.name));
const failed: string[] = [];

/** Runs what waits until nothing does. */
async function lane(): Promise<void> {
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const [file, ...args] = part.argv;
    const result = await execa(file, args, { preferLocal: true, reject: false, all: true });
    const seconds = (result.durationMs / 1000).toFixed(0).padStart(3);
    console.log(
      `${result.failed ? 'FAILED' : 'ok    '} ${part.name.padEnd(10)} ${seconds} s   ${part.about}`,
    );
    if (!result.failed) continue;
    failed.push(part.name);
    console.log(result.all === '' ? result.shortMessage : result.all);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, lane));
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exit(1);
}
