/** How a part uses the machine, which decides what may run beside it. */
type Load =
  /** Keeps the cores busy, shares nothing with other parts, and bears being slowed down. */
  | 'computes'
  /** Spends most of its time until limits of time have passed; what computes leaves it the cores that it asks for. */
  | 'waits'
  /** Needs the cores and has limits of time: nothing runs beside it. */
  | 'alone';

/** Tests in Go: a module below the checkout. */
interface GoPart {
  readonly load: Load;
  readonly module: string;
}

/** A project of vitest.config.ts, and which of its files: all of them, only some, all but some. */
export interface VitestPart {
  readonly load: Load;
  readonly project: 'unit' | 'integration' | 'e2e';
  readonly files?: readonly string[];
  readonly except?: readonly string[];
  readonly needsSandbox?: boolean;
  /** How many files run at the same time; without it one for each core. */
  readonly filesAtOnce?: number;
  /** Runs only when a person names it. */
  readonly byHand?: boolean;
}

type Part = GoPart | VitestPart;

const scale = ['test/integration/workflows/fan-out.test.ts'];
const random = ['test/faults/random.test.ts'];

/** In the order in which they run, but for what computes (schedule.ts). A unit test sees that no file is left out. */
const parts = {
  // Makes loop, LVM and md devices, which the nodes of the fault tests would see.
  unit: { load: 'alone', project: 'unit' },
  'curve-image': { load: 'computes', module: 'sandbox/curve-image' },
  // Each file has servers of its own, or a namespace of its own in the sandbox's Kubernetes.
  integration: { load: 'alone', project: 'integration', except: scale, needsSandbox: true, filesAtOnce: 2 },
  e2e: {
    load: 'alone',
    project: 'e2e',
    files: ['test/e2e/'],
    needsSandbox: true,
    filesAtOnce: 1,
  },
  faults: {
    load: 'waits',
    project: 'e2e',
    files: ['test/faults/'],
    except: random,
    needsSandbox: true,
    filesAtOnce: 1,
  },
  // Not in every run before the rounds of docs/reliability.md have shown that a failure means a defect of the product.
  random: {
    load: 'alone',
    project: 'e2e',
    files: random,
    needsSandbox: true,
    filesAtOnce: 1,
    byHand: true,
  },
  // A thousand nodes keep both cores busy, and a node that is not served in time counts as away (tried beside others).
  scale: { load: 'alone', project: 'integration', files: scale, filesAtOnce: 1 },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

export const testParts: Readonly<Record<PartName, Part>> = parts;
export const partNames = Object.keys(parts) as PartName[];

/** What runs when no part is named. */
export const usualParts = partNames.filter((name) => {
  const part = testParts[name];
  return !isVitest(part) || part.byHand !== true;
});

export function isVitest(part: Part): part is VitestPart {
  return 'project' in part;
}

/** The arguments for vitest. Files that a person names are run instead of the part's own list. */
export function vitestArguments(part: VitestPart, args: readonly string[]): string[] {
  const named = args.some((arg) => arg.includes('.test'));
  const own = [...(part.files ?? []), ...(part.except ?? []).flatMap((file) => ['--exclude', file])];
  return ['--project', part.project, ...workers(part), ...(named ? [] : own), ...args];
}

function workers({ filesAtOnce }: VitestPart): string[] {
  if (filesAtOnce === undefined) return [];
  return filesAtOnce === 1 ? ['--no-file-parallelism'] : [`--maxWorkers=${filesAtOnce}`];
}
