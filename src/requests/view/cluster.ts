import type { CustomObject } from '../../kube/resources.ts';
import type { ResourceRef } from '../../systems/operation.ts';
import type { PhaseView } from '../../systems/phases.ts';
import type { KnownKind, StorageKind } from '../../systems/system.ts';
import { type Installation, entityWorkflowId } from '../../workflows/ids.ts';
import type {
  ClusterDetail,
  ClusterSummary,
  ConditionAnswer,
  LinksAnswer,
  OperationAnswer,
  ReadyAnswer,
} from '../answers/clusters.ts';
import type { LiveOperation } from '../observe.ts';
import { phaseAnswer } from './phases.ts';
import { type RememberedStatus, readStatus } from './status.ts';
import { workByPhase } from './work.ts';

/** Ready is said for as long as this after somebody observed the cluster, which a health check says every 20 s. */
export const READY_HOLDS_MS = 60_000;

/** What is known of a cluster when it is asked for. */
export interface ObservedCluster {
  readonly known: KnownKind;
  readonly installation: Installation;
  readonly resource: CustomObject;
  /** Absent: nothing was started, or Temporal does not tell. */
  readonly live?: LiveOperation | undefined;
  /** Why Temporal does not tell; absent when it does. */
  readonly staleReason?: string | undefined;
  readonly now: Date;
  /** Address of the Temporal UI with the namespace in it, without a slash at the end. */
  readonly temporalUi?: string | undefined;
}

/** One line of a list: from the resource alone. */
export function clusterSummary(seen: Omit<ObservedCluster, 'live' | 'staleReason'>): ClusterSummary {
  const status = readStatus(seen.resource.status);
  return summary(seen, status, status.operation, status.phases);
}

/** Everything about one cluster. */
export function clusterDetail(seen: ObservedCluster): ClusterDetail {
  const { known, resource, live, now, staleReason } = seen;
  const status = readStatus(resource.status);
  const phases = live?.view.phases ?? status.phases;
  const operation = live
    ? liveOperation(live)
    : status.operation && withTimes(status.operation, status.phases);
  const work = workByPhase(known.system, live?.pending ?? [], phases);
  return {
    ...summary(seen, status, operation, phases),
    phases: phases.map((p) => phaseAnswer(p, work.get(p.name) ?? [], isPerNode(known.kind, p.name))),
    conditions: conditions(status, resource.metadata?.generation ?? 0, now),
    stale: staleReason !== undefined,
    links: links(refOf(known, resource), operation?.id ?? entityOf(seen), seen.temporalUi),
    ...(operation === undefined ? {} : { operation }),
    ...(staleReason === undefined ? {} : { staleReason }),
  };
}

/** How a resource is named to people. */
export const resourceId = ({ system, namespace, name }: ResourceRef): string =>
  `${system}/${namespace}/${name}`;

const isPerNode = ({ phases }: StorageKind, name: string): boolean =>
  phases.some((p) => p.name === name && p.perNode);

const entityOf = ({ installation, known, resource }: ObservedCluster): string =>
  entityWorkflowId(installation, refOf(known, resource));

export const refOf = ({ system, kind }: KnownKind, resource: CustomObject): ResourceRef => ({
  system: system.id,
  kind: kind.id,
  namespace: resource.metadata?.namespace ?? 'default',
  name: resource.metadata?.name ?? '',
});

/** @param workflow id of the operation, or of the entity while there is none */
export function links(ref: ResourceRef, workflow: string, temporalUi: string | undefined): LinksAnswer {
  const self = `/v1/clusters/${ref.system}/${ref.namespace}/${ref.name}`;
  return {
    self,
    events: `${self}/events`,
    retry: `${self}/retry`,
    ...(temporalUi === undefined
      ? {}
      : { temporalUi: `${temporalUi}/workflows/${encodeURIComponent(workflow)}` }),
  };
}

type KnownOperation = Pick<OperationAnswer, 'id' | 'generation' | 'state' | 'message' | 'next'>;

function summary(
  seen: ObservedCluster,
  status: RememberedStatus,
  operation: KnownOperation | undefined,
  phases: readonly PhaseView[],
): ClusterSummary {
  const { known, resource, now } = seen;
  const ref = refOf(known, resource);
  const generation = resource.metadata?.generation ?? 0;
  const refused = refusal(status, generation);
  const at = phases.find((p) => p.state === 'Failed') ?? phases.findLast((p) => p.state === 'Running');
  const message = refused?.message ?? (operation?.message || at?.lastError || at?.message);
  const next = refused ? undefined : (operation?.next ?? at?.next);
  const image = known.kind.imageOf?.(resource.spec);
  return {
    id: resourceId(ref),
    ...ref,
    uid: resource.metadata?.uid ?? '',
    generation,
    state: refused ? 'Refused' : (operation?.state ?? 'Pending'),
    ready: readyAnswer(status, generation, now),
    ...(resource.metadata?.creationTimestamp ? { created: resource.metadata.creationTimestamp } : {}),
    ...(image === undefined ? {} : { image }),
    ...(at === undefined ? {} : { phase: at.name }),
    ...(message ? { message } : {}),
    ...(next === undefined ? {} : { next }),
  };
}

/** The document that stands there now breaks rules; an operation of an older one may go on meanwhile. */
export const refusal = (status: RememberedStatus, generation: number): ConditionAnswer | undefined =>
  status.conditions.find(
    (c) => c.type === 'Accepted' && c.status === 'False' && c.observedGeneration === generation,
  );

function liveOperation({ id, view }: LiveOperation): OperationAnswer {
  const { generation, attempt } = view.operation;
  const { state, message, next } = view;
  const told = next === undefined ? { message } : { message, next };
  return withTimes({ id, generation, attempt, state, ...told }, view.phases);
}

/** An operation begins with its first phase and ends with its last. */
function withTimes(
  operation: Omit<OperationAnswer, 'started' | 'finished'>,
  phases: readonly PhaseView[],
): OperationAnswer {
  const started = phases.flatMap((p) => p.started ?? []).sort()[0];
  const finished = phases
    .flatMap((p) => p.finished ?? [])
    .sort()
    .at(-1);
  return {
    ...operation,
    ...(started === undefined ? {} : { started }),
    ...(finished === undefined || operation.state === 'Running' ? {} : { finished }),
  };
}

/** Ready as it may be said now: an old answer, or one about another generation, says nothing about this one. */
export function readyAnswer(status: RememberedStatus, generation: number, now: Date): ReadyAnswer {
  const said = status.conditions.find((c) => c.type === 'Ready');
  const { observedAt } = status;
  const seen = { ...(observedAt ? { observedAt } : {}), ...observed(said) };
  const unknown = (reason: string, message: string): ReadyAnswer => ({
    status: 'Unknown',
    reason,
    message,
    ...seen,
  });

  // Said by the controller, which knows why nobody looks.
  if (said?.status === 'Unknown') return unknown(said.reason, said.message);
  if (said === undefined || observedAt === undefined)
    return unknown('NotCheckedYet', 'the cluster was not checked yet');
  const age = now.getTime() - Date.parse(observedAt);
  if (age > READY_HOLDS_MS)
    return unknown('NotCheckedLately', `last checked at ${observedAt}, then: ${said.message}`);
  if (said.observedGeneration !== generation) {
    return unknown('NewGeneration', `last checked generation ${said.observedGeneration ?? 'unknown'}`);
  }
  return { status: said.status, reason: said.reason, message: said.message, ...seen };
}

const observed = (c: ConditionAnswer | undefined): Pick<ReadyAnswer, 'observedGeneration'> =>
  c?.observedGeneration === undefined ? {} : { observedGeneration: c.observedGeneration };

/** All conditions, Ready as it may be said now. */
function conditions(status: RememberedStatus, generation: number, now: Date): readonly ConditionAnswer[] {
  const { status: said, reason, message } = readyAnswer(status, generation, now);
  return status.conditions.map((c) => (c.type === 'Ready' ? { ...c, status: said, reason, message } : c));
}
