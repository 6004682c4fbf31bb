import { keelson } from '../../sandbox/settings.ts';
import { eventually } from './eventually.ts';
import type { Arrival } from './hold-server.ts';
import { keelsonProcess, killProcess, nodeProcesses } from './processes.ts';
import { type Sandbox, tell } from './sandbox.ts';

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string; readonly phase?: string };
}

/** The pod whose worker stands at a hold point, by the address that it called from. */
export async function holderOf(box: Sandbox, arrival: Arrival): Promise<{ pod: string; node: string }> {
  const component = arrival.point.taskQueue.startsWith('node/') ? 'node' : 'control';
  const pods = await box.list<Pod>(
    'pods',
    ...['-n', keelson.namespace, '-l', `app.kubernetes.io/component=${component}`],
  );
  const found = pods.filter((p) => p.status.podIP === arrival.address && p.status.phase === 'Running');
  const [pod] = found;
  if (pod?.spec.nodeName === undefined || found.length > 1) {
    throw new Error(`${found.length} pods of ${component} have the address ${arrival.address}`);
  }
  return { pod: pod.metadata.name, node: pod.spec.nodeName };
}

/**
 * kill -9 of exactly the worker that stands at the hold point; its connection ending proves that it was the right one.
 * A worker that another blow has killed meanwhile died at its hold point as well.
 */
export async function killHolder(box: Sandbox, arrival: Arrival): Promise<void> {
  const { pod, node } = await holderOf(box, arrival);
  const worker = await keelsonProcess(box, pod);
  const { when, activity, attempt } = arrival.point;
  if (arrival.isGone()) {
    tell(`${when} ${activity}: its worker was killed by another blow`);
    return;
  }
  if (worker === undefined) throw new Error(`no process of pod ${pod} runs on ${node}`);
  if (!(await killProcess(box, worker)) && !arrival.isGone()) {
    throw new Error(`pid ${worker.pid} of pod ${pod} had ended, and yet somebody holds ${when} ${activity}`);
  }
  await eventually('the held connection ends with its worker', async () => arrival.isGone(), Boolean, 10_000);
  tell(`kill -9 ${when} ${activity}, attempt ${attempt}: pid ${worker.pid} of ${pod} on ${node}`);
}

/** kill -9 of every control worker at once. */
export async function killControlWorkers(box: Sandbox): Promise<void> {
  const workers = (await nodeProcesses(box)).filter((p) => p.command.includes('/app/dist/control.js'));
  if (workers.length === 0) throw new Error('no control worker runs');
  for (const worker of workers) await killProcess(box, worker);
  tell(`kill -9 of all control workers: ${workers.map((w) => w.pid).join(', ')}`);
}
