import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal, cancelled, heartbeat } from '@temporalio/activity';
import type { HealthToWrite } from '../../src/activities/control/status.ts';
import { judgeNodes } from '../../src/systems/node-health.ts';
import type {
  ControlActivities,
  ControlActivitySet,
  DaemonFacts,
  HealthReport,
  HealthWatchInput,
} from '../../src/activities/control/contract.ts';
import type {
  CurveCalls,
  CurveNodeActivities,
  CurveWaits,
  NodePools,
  NodeStep,
} from '../../src/activities/curve/contract.ts';
import type {
  NodeActivities,
  NodeDisks,
  NodeFindings,
  NodeReport,
} from '../../src/activities/node/contract.ts';
import type { Disk } from '../../src/disks/facts.ts';
import type { ExistingDaemon, PoolFacts } from '../../src/systems/curve/facts.ts';
import type { ReadyVerdict } from '../../src/systems/readiness.ts';
import { type CurveContext, type StorageNode, layoutOf } from '../../src/systems/curve/layout.ts';
import { type Prefixed, withPrefix } from '../../src/systems/activity-names.ts';
import type { PhaseView } from '../../src/systems/phases.ts';
import { wantedChunks } from '../../src/systems/curve/pool.ts';

/**
 * A Kubernetes with nodes and a Curve in memory, behind the activities' own contracts: for tests of the workflows
 * alone, which need faults at every step and a thousand nodes. Everything else is tested on the real ones.
 */
export class World {
  readonly clusterId = '6f2a4c1e-0d5b-4d6e-9a51-2f6f3f1d2a10';
  readonly calls: { readonly activity: string; readonly node?: string; readonly input: unknown }[] = [];
  readonly events: string[] = [];
  readonly statuses: { readonly state: string; readonly phases: readonly PhaseView[] }[] = [];
  /** As the health checks would have written it; `gone` when the resource is. */
  verdict: Pick<ReadyVerdict, 'ready' | 'reason' | 'message'> | 'gone' = {
    ready: true,
    reason: 'AllChecksHold',
    message: 'all checks hold',
  };
  /** Daemons that are there before the operation begins. */
  readonly existing: ExistingDaemon[] = [];
  readonly formatted = new Set<string>();
  readonly pooled = new Set<string>();
  readonly running = new Set<string>();
  /** By daemon: instances that run in an older form. */
  readonly outdated = new Map<string, readonly string[]>();
  readonly servers: StorageNode[] = [];
  logicalPool: number | undefined;
  liveUid: string | undefined;
  /** What MDS says of its pools instead. */
  mdsSays: (facts: PoolFacts) => PoolFacts = (facts) => facts;
  /** What a look at a node finds instead. */
  inspected: (node: string, findings: NodeFindings) => NodeFindings = (_, findings) => findings;
  /** Writes what a health check found; false when the resource is gone. */
  written: (found: HealthToWrite) => Promise<boolean> = async () => true;
  /** How often a health check says that it looks. */
  observedEveryMs = 1_000;
  /** Called before each activity does anything; may throw or wait. */
  before: (activity: string, node?: string) => Promise<void> | void = () => undefined;
  /** Heartbeats of the activities that last. */
  heartbeatEveryMs = 1_000;

  readonly #nodes: readonly string[];
  readonly #reports = new Map<string, Partial<NodeReport>>();
  #change = Promise.withResolvers<void>();

  constructor(nodes: readonly string[]) {
    this.#nodes = nodes;
  }

  count(activity: string): number {
    return this.calls.filter((c) => c.activity === activity).length;
  }

  control(): ControlActivitySet<
    ControlActivities & Prefixed<'curve', CurveCalls>,
    Prefixed<'curve', CurveWaits>
  > {
    return {
      calls: { ...this.#general(), ...withPrefix('curve', this.#curveCalls()) },
      waits: withPrefix('curve', this.#curveWaits()),
    };
  }

  #general(): ControlActivities {
    return this.#recorded<ControlActivities>({
      claimClusterId: async () => this.clusterId,
      writePhases: async ({ state, phases }) => void this.statuses.push({ state, phases }),
      writeTerminated: async () => void this.statuses.push({ state: 'Failed', phases: [] }),
      recordEvent: async ({ reason }) => void this.events.push(reason),
      readResource: async () => (this.liveUid ? { uid: this.liveUid, generation: 1 } : undefined),
    });
  }

  #curveCalls(): CurveCalls {
    const { daemon } = this;
    return this.#recorded<CurveCalls>({
      computeLayout: async (input) => layoutOf(input),
      observeKubernetes: async ({ nodes }) => ({
        namespaceExists: true,
        nodes: nodes.map((name) => {
          const exists = this.#nodes.includes(name);
          return {
            name,
            exists,
            ready: exists,
            schedulable: exists,
            ...(exists && { ip: this.address(name), kernelVersion: '6.1.0' }),
          };
        }),
        namesTaken: [],
        curveOperators: [],
        s3Secret: 'usable',
        existing: { daemons: this.existing },
      }),
      observeEtcd: async () => daemon('etcd'),
      applyEtcd: async () => void this.running.add('etcd'),
      observeMds: async () => daemon('mds'),
      applyMds: async () => void this.running.add('mds'),
      observeChunkFormatJobs: async ({ node }) =>
        node.disks.map((d) => ({ device: d.device, attempt: 0, state: 'absent' as const, detail: '' })),
      applyChunkFormatJobs: async ({ node }) => {
        for (const d of node.disks) this.pooled.add(key(node.node, d.device));
      },
      observePools: async () => this.mdsSays(this.#pools()),
      observeChunkservers: async ({ node }) => daemon(`chunkservers ${node.node}`),
      applyChunkservers: async ({ node }) => void this.running.add(`chunkservers ${node.node}`),
      observeSnapshotclone: async () => daemon('snapshotclone'),
      applySnapshotclone: async () => void this.running.add('snapshotclone'),
    });
  }

  #curveWaits(): CurveWaits {
    return this.#recorded<CurveWaits>({
      readTemplates: async () => ({ files: ['mds.conf'], sha256: 'x' }),
      awaitEtcd: async () => undefined,
      awaitMds: async () => undefined,
      awaitChunkFormatJobs: async ({ nodes }) => allReady(nodes),
      createPhysicalPool: async ({ storage }) => void this.servers.splice(0, Infinity, ...storage),
      createLogicalPool: async ({ pool }) => void (this.logicalPool ??= pool.copysets),
      awaitCopysets: async () => undefined,
      awaitChunkservers: async ({ nodes }) => allReady(nodes),
      awaitSnapshotclone: async () => undefined,
      watchHealth: (input) => this.#watchHealth(input),
    });
  }

  node(name: string): NodeActivities & Prefixed<'curve', CurveNodeActivities> {
    return { ...this.#nodeGeneral(name), ...withPrefix('curve', this.#curveNode(name)) };
  }

  #nodeGeneral(name: string): NodeActivities {
    return this.#recorded<NodeActivities>(
      {
        probeNode: async () => ({ node: name, bootId: 'boot', version: 'test' }),
        watchLiveness: () => this.#beat(),
        watchNode: ({ known }) => this.#watchNode(name, known),
        inspectDisks: async (input) => this.#inspect(input),
        inspectNode: async (input) =>
          this.inspected(name, { ports: [], leftovers: [], disks: this.#inspect(input) }),
        claimHostDataDir: async () => undefined,
        formatDisks: async ({ disks }) =>
          disks.map(({ device, use: { mountPath } }) => {
            const formatted = !this.formatted.has(key(name, device));
            this.formatted.add(key(name, device));
            return { device, mountPath, fsUuid: 'u', formatted };
          }),
      },
      name,
    );
  }

  #curveNode(name: string): CurveNodeActivities {
    return this.#recorded<CurveNodeActivities>(
      {
        inspectPools: async ({ disks }) =>
          disks.map(({ device, use: { mountPath } }) => {
            const done = this.pooled.has(key(name, device));
            return {
              device,
              mountPath,
              mounted: true,
              meta: done ? ('valid' as const) : ('missing' as const),
              chunks: done ? wantedChunks(DISK_BYTES, PERCENTAGE) : 0,
              strays: 0,
              fsBytes: DISK_BYTES,
              inUse: false,
            };
          }),
        emptyPools: async () => undefined,
        watchPools: () => this.#beat(),
      },
      name,
    );
  }

  address(node: string): string {
    const i = this.#nodes.indexOf(node);
    return `10.${1 + Math.floor(i / 65_000)}.${Math.floor(i / 250)}.${1 + (i % 250)}`;
  }

  readonly daemon = (name: string): DaemonFacts => ({
    satisfied: this.running.has(name),
    detail: name,
    outdated: this.outdated.get(name) ?? [],
  });

  #pools(): PoolFacts {
    const chunkservers = this.servers.flatMap((s) => s.disks.map((d) => ({ ip: s.ip, port: d.port })));
    return {
      answered: true,
      servers: this.servers.map((s, i) => ({
        id: i + 1,
        name: `${s.node}_${i}_0`,
        ip: s.ip,
        port: s.disks.length > 1 ? 0 : (s.disks[0]?.port ?? 0),
        zoneId: Number(s.zone.slice('zone'.length)),
        poolId: 1,
      })),
      logicalPools: this.logicalPool
        ? [{ id: 1, name: 'pool1', physicalPoolId: 1, copysets: this.logicalPool }]
        : [],
      chunkservers: chunkservers.map((c, i) => ({
        ...c,
        id: i + 1,
        onlineState: 'ONLINE' as const,
        copysets: 100,
      })),
      copysetsHealthy: true,
      copysetsDetail: 'Copysets are healthy!',
    };
  }

  #inspect({ node, disks }: NodeDisks): Awaited<ReturnType<NodeActivities['inspectDisks']>> {
    return disks.map(({ device }) => ({
      disk: this.#disk(node, device),
      stage: this.formatted.has(key(node, device)) ? ('ready' as const) : ('empty' as const),
    }));
  }

  #disk(node: string, path: string): Disk {
    const identity = { kind: 'serial', value: key(node, path), sizeBytes: DISK_BYTES } as const;
    return { path, device: path, sizeBytes: DISK_BYTES, type: 'disk', identity, findings: [] };
  }

  /** From now on this is what is found of every cluster. */
  found(verdict: World['verdict']): void {
    this.verdict = verdict;
    this.#wake();
  }

  async #watchHealth({ known, resource, uid, generation, nodes }: HealthWatchInput): Promise<HealthReport> {
    const signal = cancellationSignal();
    const changed = async (): Promise<HealthReport> => {
      while (!signal.aborted) {
        if (this.verdict === 'gone') return {};
        const verdict = {
          ...this.verdict,
          observedAt: new Date().toISOString(),
          observedGeneration: generation,
        };
        if (!(await this.written({ resource, uid, verdict, nodes: judgeNodes(nodes) }))) return {};
        if (known?.message !== verdict.message || known.observedGeneration !== generation) return { verdict };
        await Promise.race([this.#change.promise, delay(this.observedEveryMs)]);
      }
      return {};
    };
    return this.#beating(() => Promise.race([changed(), cancelled()]));
  }

  /** From now on the node tells this of itself. */
  report(node: string, report: Partial<NodeReport>): void {
    this.#reports.set(node, report);
    this.#wake();
  }

  #wake(): void {
    const told = this.#change;
    this.#change = Promise.withResolvers();
    told.resolve();
  }

  async #watchNode(node: string, known: string | undefined): Promise<NodeReport> {
    const changed = async (): Promise<NodeReport> => {
      for (;;) {
        const report = { disks: [this.#disk(node, '/dev/vdc')], mounts: [], ...this.#reports.get(node) };
        const fingerprint = JSON.stringify(report);
        if (fingerprint !== known) return { version: 'test', ...report, fingerprint };
        await this.#change.promise;
      }
    };
    return this.#beating(() => Promise.race([changed(), cancelled()]));
  }

  #beat(): Promise<never> {
    return this.#beating(() => cancelled());
  }

  async #beating<T>(work: () => Promise<T>): Promise<T> {
    const timer = setInterval(() => heartbeat(), this.heartbeatEveryMs);
    try {
      heartbeat();
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  /** The activities, each call written down and offered to `before`. */
  #recorded<T extends object>(activities: T, node?: string): T {
    const entries = Object.entries(activities as Record<string, (input: unknown) => Promise<unknown>>);
    return Object.fromEntries(
      entries.map(([activity, run]) => [
        activity,
        async (input: unknown) => {
          const on = node ?? nodeOf(input);
          this.calls.push({ activity, ...(on && { node: on }), input });
          await this.before(activity, on);
          return run(input);
        },
      ]),
    ) as T;
  }
}

const allReady = (nodes: readonly StorageNode[]) => ({ ready: nodes.map(({ node }) => node), failed: [] });

const DISK_BYTES = 2 * 1024 ** 3;
export const PERCENTAGE = 30;

const key = (node: string, device: string): string => `${node} ${device}`;

function nodeOf(input: unknown): string | undefined {
  const node = (input as { node?: StorageNode } | CurveContext | NodeStep | NodePools | undefined) ?? {};
  return 'node' in node && typeof node.node === 'object' ? node.node.node : undefined;
}
