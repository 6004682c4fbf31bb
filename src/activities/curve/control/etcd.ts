import type { CurveContext, EtcdMember } from '../../../systems/curve/layout.ts';
import { names } from '../../../systems/curve/names.ts';
import { etcdObjects } from '../../../systems/curve/objects/etcd.ts';
import { isEtcdHealthy, etcdLeader } from '../../../systems/curve/tools/pages.ts';
import { type Answer, addressOf } from '../../control/daemon-http.ts';
import type { DaemonKind } from './control-daemons.ts';
import { daemonIn, whyNotRunning } from '../../control/daemons.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import type { Health, HealthCheck } from '../../control/daemon-health.ts';
import { keptTemplates } from './templates.ts';

const checkEtcd =
  (context: CurveContext): HealthCheck =>
  async (work, seen, words) => {
    const looked = await Promise.all(
      context.etcd.map(async (member) => {
        const daemon = daemonIn(
          names.daemon(context.operation.name, 'etcd', member.id),
          seen.deployments,
          seen.pods,
        );
        const [why, said] = await Promise.all([whyNotRunning(daemon, words), askMember(work, member)]);
        return { member, why, said };
      }),
    );
    return judgeEtcd(looked);
  };

/** Healthy: every member in its own words, one leader on which all agree, and nobody in the cluster but them. */
export const ETCD: DaemonKind = {
  component: 'etcd',
  objects: async ({ kube }, context) => etcdObjects(context, await keptTemplates(kube, context)),
  check: checkEtcd,
};

/** What one member says of itself and of its cluster. */
export interface MemberSaid {
  /** Undefined: healthy. */
  readonly unhealthy?: string | undefined;
  /** Member id of the leader that it follows or is. */
  readonly leader?: string | undefined;
  readonly self?: string | undefined;
  /** How many members it knows. */
  readonly members?: number | undefined;
}

export interface MemberState {
  readonly member: EtcdMember;
  /** Why its pod is not running. */
  readonly why: string | undefined;
  readonly said: MemberSaid;
}

export function judgeEtcd(looked: readonly MemberState[]): Health {
  const total = looked.length;
  const problems = looked.flatMap(({ member, why, said }) => {
    const words = why ?? said.unhealthy;
    return words === undefined ? [] : [`etcd ${member.id} on ${member.node}: ${words}`];
  });
  const done = total - problems.length;
  if (problems.length > 0) return { done, total, problems, summary: '' };

  const leaders = new Set(looked.map(({ said }) => said.leader));
  const leader = looked.find(({ said }) => said.leader !== undefined && said.self === said.leader)?.member;
  const crowded = looked.find(({ said }) => said.members !== total);
  if (leaders.size !== 1 || !leader) problems.push('the etcd members do not agree on a leader');
  if (crowded) {
    const { member, said } = crowded;
    problems.push(
      `etcd ${member.id} on ${member.node} knows ${said.members ?? 'no'} members instead of ${total}`,
    );
  }
  return {
    done,
    total,
    problems,
    summary: `${total} members healthy, ${leader?.name ?? ''} on ${leader?.node ?? ''} leads`,
  };
}

async function askMember({ ask }: ActivityContext, { ip, clientPort }: EtcdMember): Promise<MemberSaid> {
  const at = { ip, port: clientPort };
  const health = await ask({ ...at, path: '/health' });
  if (!health.answered) return { unhealthy: `${addressOf(at)} does not answer: ${health.why}` };
  if (!isEtcdHealthy(health.body)) return { unhealthy: `${addressOf(at)} is not healthy (no quorum)` };
  const [status, members] = await Promise.all([
    ask({ ...at, path: '/v3/maintenance/status', json: {} }),
    ask({ ...at, path: '/v3/cluster/member/list', json: {} }),
  ]);
  const list = json(members)['members'];
  return {
    leader: status.answered ? etcdLeader(status.body) : undefined,
    self: String((json(status)['header'] as { member_id?: unknown } | undefined)?.member_id),
    members: Array.isArray(list) ? list.length : undefined,
  };
}

function json(answer: Answer): Record<string, unknown> {
  if (!answer.answered) return {};
  try {
    const value: unknown = JSON.parse(answer.body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // not etcd's own answer: judged as no answer
  }
}
