import { createHash } from 'node:crypto';
import { keelson } from '../../sandbox/settings.ts';
import { keelsonProcess, killProcess, nodeProcesses } from './processes.ts';
import type { Sandbox } from './sandbox.ts';

/** Numbers that follow from a seed alone: a round is chosen again by its seed, though the moments never are the same. */
export class Choice {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** From 0 up to and without `end`. */
  below(end: number): number {
    const digest = createHash('sha256').update(`${this.#seed} ${this.#drawn++}`).digest();
    return digest.readUInt32BE() % end;
  }

  of<T>(all: readonly T[]): T {
    const chosen = all[this.below(all.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }
}

/** What happened, and how it is undone, where it does not pass by itself. */
export interface Struck {
  readonly what: string;
  readonly heal?: () => Promise<void>;
}

type RandomFault = (box: Sandbox, choice: Choice) => Promise<Struck>;

const daemonOfControlPlane =
  (name: string): RandomFault =>
  async (box) => {
    await box.run('daemon', 'stop', name);
    return { what: `${name} down`, heal: () => box.run('daemon', 'start', name) };
  };

/** Kubernetes answers 403 to everybody while it loads its roles: of all faults the one that broke most. */
export const apiServerRestart = daemonOfControlPlane('kube-apiserver');

const nodeFault =
  (verb: 'stop' | 'cut', undo: 'start' | 'join'): RandomFault =>
  async (box, choice) => {
    const node = choice.of(box.nodes);
    await box.run('node', verb, node);
    return { what: `${node} ${verb}`, heal: () => box.run('node', undo, node) };
  };

/** kill -9 of one process among those whose command matches; the kubelet, or whoever waits for it, begins it again. */
const kill =
  (kind: string, pattern: RegExp): RandomFault =>
  async (box, choice) => {
    const running = (await nodeProcesses(box)).filter(({ command }) => pattern.test(command));
    if (running.length === 0) return { what: `${kind}: none ran` };
    const chosen = choice.of(running);
    await killProcess(box, chosen);
    return { what: `kill -9 ${chosen.command.split(' ')[0] ?? kind} ${chosen.pid}` };
  };

const killKeelson =
  (component: 'control' | 'api' | 'node'): RandomFault =>
  async (box, choice) => {
    const pod = choice.of(await podsOf(box, component));
    const worker = await keelsonProcess(box, pod);
    if (worker !== undefined) await killProcess(box, worker);
    return { what: `kill -9 ${pod}${worker === undefined ? ', which did not run' : ''}` };
  };

const deletePod: RandomFault = async (box, choice) => {
  const pods = await box.list<{ metadata: { namespace: string; name: string } }>('pods', '-A');
  const { namespace, name } = choice.of(pods).metadata;
  await box.kubectl(['-n', namespace, 'delete', 'pod', name, '--wait=false']);
  return { what: `pod ${namespace}/${name} deleted` };
};

/** Everything that can die. */
export const RANDOM_FAULTS: readonly RandomFault[] = [
  apiServerRestart,
  ...['kube-controller-manager', 'etcd', 'temporal'].map(daemonOfControlPlane),
  ...(['control', 'node', 'api'] as const).map(killKeelson),
  nodeFault('stop', 'start'),
  nodeFault('cut', 'join'),
  kill('daemon', /curvebs-(mds|chunkserver|snapshotcloneserver)|\/etcd /),
  kill('tool', /mkfs\.ext4|curve_format|curvebs-tool|curve_ops_tool/),
  deletePod,
];

async function podsOf(box: Sandbox, component: string): Promise<string[]> {
  const pods = await box.list<{ metadata: { name: string } }>(
    'pods',
    ...['-n', keelson.namespace, '-l', `app.kubernetes.io/component=${component}`],
  );
  return pods.map(({ metadata }) => metadata.name);
}
