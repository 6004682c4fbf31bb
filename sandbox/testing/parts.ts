/** Tests in Go: a module below the checkout. */
interface GoPart {
  readonly module: string;
}

/** A project of vitest.config.ts, and which of its files: all of them, only some, all but some. */
export interface VitestPart {
  readonly project: 'unit' | 'integration' | 'e2e';
  readonly files?: readonly string[];
  readonly except?: readonly string[];
  readonly needsSandbox?: boolean;
}

type Part = GoPart | VitestPart;

const scale = ['test/integration/workflows/fan-out.test.ts'];

/** In the order in which they run: what fails fastest comes first. A unit test sees that no file is left out. */
const parts = {
  unit: { project: 'unit' },
  'curve-image': { module: 'sandbox/curve-image' },
  integration: { project: 'integration', except: scale, needsSandbox: true },
  e2e: {
    project: 'e2e',
    files: ['test/e2e/sandbox.test.ts', 'test/e2e/undisturbed.test.ts', 'test/e2e/demo.test.ts'],
    needsSandbox: true,
  },
  faults: {
    project: 'e2e',
    files: ['worker-killed', 'power-cut', 'network-cut', 'refused-disks', 'bare-mount'],
    needsSandbox: true,
  },
  scale: { project: 'integration', files: scale },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

export const testParts: Readonly<Record<PartName, Part>> = parts;
export const partNames = Object.keys(parts) as PartName[];

export function isVitest(part: Part): part is VitestPart {
  return 'project' in part;
}

/** The arguments for vitest. Files that a person names are run instead of the part's own list. */
export function vitestArguments(part: VitestPart, args: readonly string[]): string[] {
  const named = args.some((arg) => arg.includes('.test'));
  const own = [...(part.files ?? []), ...(part.except ?? []).flatMap((file) => ['--exclude', file])];
  return ['--project', part.project, ...(named ? [] : own), ...args];
}
