import type { CurveContext, MdsInstance } from '../../../systems/curve/layout.ts';
import { names } from '../../../systems/curve/names.ts';
import { mdsObjects } from '../../../systems/curve/objects/mds.ts';
import { type Answer, addressOf } from '../../control/daemon-http.ts';
import type { DaemonKind } from './control-daemons.ts';
import { daemonIn, whyNotRunning } from '../../control/daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { type Role, askRole } from './election.ts';
import type { Health, HealthCheck } from '../../control/daemon-health.ts';
import { keptTemplates } from './templates.ts';

/** Why no mds can be asked for a change now; undefined when one leads and serves. Followers may be away. */
export async function missingLeader(
  work: ActivityContext,
  { mds }: CurveContext,
): Promise<string | undefined> {
  const roles = await Promise.all(mds.map(async (one) => ({ one, role: await askRole(work, 'mds', one) })));
  const leader = roles.find(({ role }) => role.is === 'leading')?.one;
  if (!leader) return 'no mds leads';
  const served = await work.ask({ ip: leader.ip, port: leader.port, path: '/health' });
  return served.answered
    ? undefined
    : `mds ${leader.id} on ${leader.node} leads, but ${addressOf(leader)} does not answer: ${served.why}`;
}

const checkMds =
  (context: CurveContext): HealthCheck =>
  async (work, seen, words) => {
    const looked = await Promise.all(
      context.mds.map(async (mds): Promise<MdsState> => {
        const daemon = daemonIn(
          names.daemon(context.operation.name, 'mds', mds.id),
          seen.deployments,
          seen.pods,
        );
        const [why, role] = await Promise.all([whyNotRunning(daemon, words), askRole(work, 'mds', mds)]);
        const serves =
          role.is === 'leading' ? await work.ask({ ip: mds.ip, port: mds.port, path: '/health' }) : undefined;
        return { mds, why, role, serves };
      }),
    );
    return judgeMds(looked);
  };

/** Healthy: every instance runs, exactly one says on its dummy port that it leads, and only that one’s service port is open. */
export const MDS: DaemonKind = {
  component: 'mds',
  objects: async ({ kube }, context) => mdsObjects(context, await keptTemplates(kube, context)),
  check: checkMds,
};

export interface MdsState {
  readonly mds: MdsInstance;
  readonly why: string | undefined;
  readonly role: Role;
  /** What its service port says; asked of leaders only. */
  readonly serves: Answer | undefined;
}

export function judgeMds(looked: readonly MdsState[]): Health {
  const total = looked.length;
  const problems = looked.flatMap(({ mds, why, role }) => {
    const silent = role.is === 'unknown' ? role.why : undefined;
    const words = why ?? silent;
    return words === undefined ? [] : [`mds ${mds.id} on ${mds.node}: ${words}`];
  });
  const done = total - problems.length;
  const unserved = electionProblems(looked);
  const leader = looked.find(({ role }) => role.is === 'leading');
  const summary = leader ? `${total} instances, ${leader.mds.id} on ${leader.mds.node} leads and serves` : '';
  return { done, total, problems: [...problems, ...unserved], unserved, summary };
}

function electionProblems(looked: readonly MdsState[]): readonly string[] {
  const leaders = looked.filter(({ role }) => role.is === 'leading');
  const [leader] = leaders;
  if (!leader) return ['no mds leads yet'];
  if (leaders.length > 1)
    return [
      `more than one mds says that it leads: ${leaders.map(({ mds }) => `${mds.id} on ${mds.node}`).join(', ')}`,
    ];
  const { mds, serves } = leader;
  if (serves?.answered === true) return [];
  return [
    `mds ${mds.id} on ${mds.node} leads, but its service port ${addressOf(mds)} does not answer: ${serves?.why ?? ''}`,
  ];
}
