import type { PoolFacts } from '../../../systems/curve/facts.ts';
import type { ChunkserverDisk, CurveContext, StorageNode } from '../../../systems/curve/layout.ts';
import { names } from '../../../systems/curve/names.ts';
import { chunkserverObjects } from '../../../systems/curve/objects/chunkserver.ts';
import { DEPLOYMENTS, type KubeObject, PODS } from '../../../kube/resources.ts';
import { parseChunkserverList } from '../../../systems/curve/tools/ops-tool.ts';
import { ToolAnswerError } from '../../../systems/curve/tools/output.ts';
import { type Answer, addressOf } from '../../control/daemon-http.ts';
import type { NodeStep, NodesStep } from '../contract.ts';
import type { NodesAwaited, StepFacts } from '../../control/contract.ts';
import { daemonIn, whyNotRunning } from '../../control/daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { applyAll } from '../../control/desired-state.ts';
import { type Health, type HealthCheck, stepFacts } from '../../control/daemon-health.ts';
import { TROUBLE_LASTS_MS } from '../../control/intervals.ts';
import { awaitNodes } from '../../control/nodes-wait.ts';
import { PodDiagnosis } from '../../control/pod-diagnosis.ts';
import { select } from '../../control/waiting.ts';
import { scopeOf, scopeOfNodes } from './scopes.ts';
import { OPS, askMds } from './ops-tool.ts';
import { s3Conf } from './s3-conf.ts';
import { keptTemplates } from './templates.ts';

/** What MDS knows of chunkservers; undefined when MDS does not answer. */
export type Registered = PoolFacts['chunkservers'] | undefined;

/** Gets the list that MDS keeps, perhaps shared with others who ask at the same time. */
export type RegisteredNow = (work: ActivityContext, context: CurveContext) => Promise<Registered>;

export async function observeChunkservers(
  work: ActivityContext,
  step: NodeStep,
  registered: RegisteredNow,
): Promise<StepFacts> {
  const { context, node } = step;
  const objects = await objectsOf(work, step);
  const scope = scopeOf(context, 'chunkserver', node.node);
  return stepFacts(work, context, scope, objects, checkNode(context, node, registered));
}

export async function applyChunkservers(work: ActivityContext, step: NodeStep): Promise<void> {
  await applyAll(work.kube, step.context, await objectsOf(work, step));
}

export function awaitChunkservers(
  work: ActivityContext,
  { context, nodes }: NodesStep,
  registered: RegisteredNow,
): Promise<NodesAwaited> {
  const words = new PodDiagnosis(work, TROUBLE_LASTS_MS);
  const scope = scopeOfNodes(context, 'chunkserver', nodes);
  const watched = { deployments: select(DEPLOYMENTS, scope), pods: select(PODS, scope) };
  return awaitNodes(
    work,
    watched,
    nodes,
    (seen) => (node) => checkNode(context, node, registered)(work, seen, words),
  );
}

/** Every chunkserver of a node: its pod Ready, its own port answering, and online in MDS. */
export const checkNode =
  (context: CurveContext, node: StorageNode, registered: RegisteredNow): HealthCheck =>
  async (work, seen, words) => {
    const known = await registered(work, context);
    const looked = await Promise.all(
      node.disks.map(async (disk): Promise<ChunkserverState> => {
        const name = names.chunkserver(context.operation.name, node.node, disk.device);
        const daemon = daemonIn(name, seen.deployments, seen.pods);
        const why = await whyNotRunning(daemon, words);
        const answer =
          why === undefined ? await work.ask({ ip: node.ip, port: disk.port, path: '/health' }) : UNASKED;
        return { disk, why, answer };
      }),
    );
    return judgeChunkservers(node, looked, known);
  };

/** A daemon whose pod is not ready is not asked: it has no answer that could count. */
const UNASKED: Answer = { answered: false, why: 'not asked' };

export interface ChunkserverState {
  readonly disk: ChunkserverDisk;
  readonly why: string | undefined;
  /** From its own port: MDS believes in a dead one for another half minute. */
  readonly answer: Answer;
}

export function judgeChunkservers(
  { node, ip }: StorageNode,
  looked: readonly ChunkserverState[],
  known: Registered,
): Health {
  const problems = looked.flatMap(({ disk, why, answer }) => {
    const words = why ?? silence(addressOf({ ip, port: disk.port }), answer) ?? notOnline(ip, disk, known);
    return words === undefined ? [] : [`chunkserver of ${disk.device} on ${node}: ${words}`];
  });
  const total = looked.length;
  return {
    done: total - problems.length,
    total,
    problems,
    summary: `${total} chunkservers online on ${node}`,
  };
}

function silence(address: string, answer: Answer): string | undefined {
  if (!answer.answered) return `${address} does not answer: ${answer.why}`;
  return answer.status === 200 ? undefined : `${address} answers /health with ${answer.status}`;
}

/** Why MDS does not count on a chunkserver; nothing when it does. */
function notOnline(ip: string, { port }: ChunkserverDisk, known: Registered): string | undefined {
  if (!known) return 'mds does not tell whether it is online';
  const row = known.find((chunkserver) => chunkserver.ip === ip && chunkserver.port === port);
  if (!row) return 'it has not registered with mds yet';
  return row.onlineState === 'ONLINE' ? undefined : `mds has it as ${row.onlineState}`;
}

/** The first chunkserver of the layout that is not online now, hours after its own node saw it so perhaps. */
export function missingChunkserver(storage: readonly StorageNode[], known: Registered): string | undefined {
  for (const { node, ip, disks } of storage) {
    for (const disk of disks) {
      const why = notOnline(ip, disk, known);
      if (why !== undefined) return `chunkserver of ${disk.device} on ${node}: ${why}`;
    }
  }
  return undefined;
}

async function objectsOf(
  { kube }: ActivityContext,
  { context, node }: NodeStep,
): Promise<readonly KubeObject[]> {
  const templates = await keptTemplates(kube, context);
  const { secret, file } = await s3Conf(kube, context, templates);
  return [secret, ...chunkserverObjects(context, node, templates, file)];
}

/** Asks MDS for its list. */
export async function askRegistered(
  { kube }: Pick<ActivityContext, 'kube'>,
  context: CurveContext,
): Promise<Registered> {
  const answer = await askMds(kube, context, OPS.chunkservers);
  if (!answer) return undefined;
  try {
    return parseChunkserverList(answer);
  } catch (error) {
    if (!(error instanceof ToolAnswerError)) throw error;
    return undefined; // mds is just changing its leader, or not there at all
  }
}
