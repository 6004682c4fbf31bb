import { nodeOfQueue } from '../../src/workflows/queues.ts';
import { keelson } from '../../sandbox/settings.ts';
import { eventually } from './eventually.ts';
import type { Arrival } from './failpoint-server.ts';
import { keelsonProcess, killProcess, nodeProcesses } from './processes.ts';
import { type Sandbox, log } from './sandbox.ts';

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string; readonly phase?: string };
}

/**
 * The pod whose worker stands at a failpoint, by the address that it called from. A worker can call before its kubelet
 * has told where it is, and a pod that is being evicted still has its address, which its node may have given away again.
 */
export async function holderOf(box: Sandbox, arrival: Arrival): Promise<{ pod: string; node: string }> {
  const component = nodeOfQueue(arrival.point.taskQueue) !== undefined ? 'node' : 'control';
  const isHolder = ({ metadata, status }: Pod): boolean =>
    status.podIP === arrival.address &&
    status.phase === 'Running' &&
    metadata.deletionTimestamp === undefined;
  const [pod] = await eventually(
    `one pod of ${component} has the address ${arrival.address}`,
    async () => {
      const pods = await box.list<Pod>(
        'pods',
        ...['-n', keelson.namespace, '-l', `app.kubernetes.io/component=${component}`],
      );
      return pods.filter(isHolder);
    },
    (found) => found.length === 1,
    30_000,
  );
  return { pod: pod?.metadata.name ?? '', node: pod?.spec.nodeName ?? '' };
}

/**
 * kill -9 of exactly the worker that stands at the failpoint; its connection ending proves that it was the right one.
 * A worker that another fault has killed meanwhile died at its failpoint as well.
 */
export function killHolder(box: Sandbox, arrival: Arrival): Promise<void> {
  return oneAtATime(async () => {
    if (arrival.isGone()) {
      log(`${describe(arrival)}: its worker was killed by another fault`);
      return;
    }
    const { pod, node } = await holderOf(box, arrival);
    const worker = await keelsonProcess(box, pod);
    if (worker !== undefined) await killProcess(box, worker);
    await isGone(arrival);
    log(`kill -9 ${describe(arrival)}: pid ${worker?.pid ?? 'that had just ended'} of ${pod} on ${node}`);
  });
}

/** kill -9 of every control worker at once, as soon as one runs. */
export function killControlWorkers(box: Sandbox): Promise<void> {
  return oneAtATime(async () => {
    const workers = await eventually(
      'a control worker runs',
      async () => (await nodeProcesses(box)).filter((p) => p.command.includes('/app/dist/control.js')),
      (found) => found.length > 0,
      60_000,
    );
    for (const worker of workers) await killProcess(box, worker);
    await eventually(
      'they are gone',
      () => nodeProcesses(box),
      (left) => !left.some((p) => workers.some((w) => w.pid === p.pid && w.startTime === p.startTime)),
      10_000,
    );
    log(`kill -9 of all control workers: ${workers.map((w) => w.pid).join(', ')}`);
  });
}

const describe = ({ point: { when, activity, attempt } }: Arrival): string =>
  `${when} ${activity}, attempt ${attempt}`;

const isGone = (arrival: Arrival): Promise<boolean> =>
  eventually('the held connection ends with its worker', async () => arrival.isGone(), Boolean, 10_000);

let turn: Promise<void> = Promise.resolve();

/** Faults land one after the other, so that each one finds the worker that it means. */
function oneAtATime(fault: () => Promise<void>): Promise<void> {
  const mine = turn.then(fault);
  turn = mine.catch(() => undefined);
  return mine;
}
