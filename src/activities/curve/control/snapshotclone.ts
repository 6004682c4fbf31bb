import type { KubeObject } from '../../../kube/resources.ts';
import type { CurveContext, SnapshotcloneInstance } from '../../../systems/curve/layout.ts';
import { names } from '../../../systems/curve/names.ts';
import { snapshotcloneObjects } from '../../../systems/curve/objects/snapshotclone.ts';
import { type Answer, addressOf } from '../../control/daemon-http.ts';
import { askBucket } from './bucket.ts';
import type { DaemonKind } from './control-daemons.ts';
import { daemonIn, whyNotRunning } from '../../control/daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { type Role, askRole } from './election.ts';
import type { Health, HealthCheck } from '../../control/daemon-health.ts';
import { s3Conf } from './s3-conf.ts';
import { keptTemplates } from './templates.ts';

const checkSnapshotclone =
  (context: CurveContext): HealthCheck =>
  async (work, seen, words) => {
    const [bucket, ...looked] = await Promise.all([
      askBucket(work, context),
      ...context.snapshotclone.map(async (instance): Promise<InstanceState> => {
        const name = names.daemon(context.operation.name, 'snapshotclone', instance.id);
        const { ip, port, proxyPort } = instance;
        const [why, role, throughProxy] = await Promise.all([
          whyNotRunning(daemonIn(name, seen.deployments, seen.pods), words),
          askRole(work, 'snapshotclone', instance),
          work.ask({ ip, port: proxyPort, path: '/health' }),
        ]);
        const serves = role.is === 'leading' ? await work.ask({ ip, port, path: '/health' }) : undefined;
        return { instance, why, role, serves, throughProxy };
      }),
    ]);
    return judgeSnapshotclone(looked, bucket);
  };

/** Healthy: exactly one active instance that serves, every proxy reaching it, and the bucket there on the S3 server. */
export const SNAPSHOTCLONE: DaemonKind = {
  component: 'snapshotclone',
  objects: objectsOf,
  check: checkSnapshotclone,
};

export interface InstanceState {
  readonly instance: SnapshotcloneInstance;
  readonly why: string | undefined;
  readonly role: Role;
  /** What its service port says; asked of active ones only. */
  readonly serves: Answer | undefined;
  readonly throughProxy: Answer;
}

export function judgeSnapshotclone(looked: readonly InstanceState[], bucket: string | undefined): Health {
  const total = looked.length;
  const active = looked.filter(({ role }) => role.is === 'leading');
  const problems = looked.flatMap(({ instance, why, role }) => {
    const words = why ?? (role.is === 'unknown' ? role.why : undefined);
    return words === undefined ? [] : [`snapshotclone ${instance.id} on ${instance.node}: ${words}`];
  });
  const done = total - problems.length;
  const unserved = electionProblems(active);
  problems.push(...unserved, ...proxyProblems(looked), ...(bucket === undefined ? [] : [bucket]));
  const [first] = active;
  const summary = first ? `${total} instances, ${first.instance.id} on ${first.instance.node} is active` : '';
  return { done, total, problems, unserved, summary };
}

function electionProblems(active: readonly InstanceState[]): readonly string[] {
  const [first, second] = active;
  if (!first) return ['no snapshotclone is active yet'];
  if (second)
    return [
      `more than one snapshotclone says that it is active: ${active.map(({ instance }) => instance.id).join(', ')}`,
    ];
  const { instance, serves } = first;
  if (serves?.answered === true) return [];
  const why = serves?.why ?? '';
  return [
    `snapshotclone ${instance.id} on ${instance.node} is active, but ${addressOf(instance)} does not answer: ${why}`,
  ];
}

function proxyProblems(looked: readonly InstanceState[]): readonly string[] {
  return looked.flatMap(({ instance: { id, node, ip, proxyPort }, throughProxy }) => {
    const proxy = `proxy of snapshotclone ${id} on ${node} (${addressOf({ ip, port: proxyPort })})`;
    if (!throughProxy.answered) return [`${proxy} does not answer: ${throughProxy.why}`];
    return throughProxy.status === 200
      ? []
      : [`${proxy} reaches no active instance (status ${throughProxy.status})`];
  });
}

async function objectsOf({ kube }: ActivityContext, context: CurveContext): Promise<readonly KubeObject[]> {
  const templates = await keptTemplates(kube, context);
  const { secret, file } = await s3Conf(kube, context, templates);
  return [secret, ...snapshotcloneObjects(context, templates, file)];
}
