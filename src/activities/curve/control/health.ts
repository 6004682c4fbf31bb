import { type CurveLayout, nodesOf, type StorageNode } from '../../../systems/curve/layout.ts';
import { type Component, type ControlDaemon, componentLabels } from '../../../systems/curve/names.ts';
import { existingSelector } from '../../../systems/curve/objects/existing.ts';
import type { CurveClusterSpec } from '../../../systems/curve/spec.ts';
import { LABEL, labelValue } from '../../../systems/names.ts';
import { mountChecks } from '../../../systems/node-health.ts';
import type { StepCheck } from '../../../systems/readiness.ts';
import { mapConcurrently } from '../../../concurrency/map-concurrently.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { clusterIdCheck } from '../../control/cluster-id.ts';
import { ClusterNodes } from '../../control/cluster-nodes.ts';
import { ClusterObjects } from '../../control/cluster-objects.ts';
import type { HealthWatchInput } from '../../control/contract.ts';
import { checksOf, type InKubernetes } from '../../control/daemon-health.ts';
import type { HealthPart } from '../../control/health-part.ts';
import {
  COMPARE_EVERY_MS,
  DAEMONS_EVERY_MS,
  DAEMONS_GAP_MS,
  TOOLS_EVERY_MS,
  TOOLS_GAP_MS,
} from '../../control/intervals.ts';
import { PodDiagnosis } from '../../control/pod-diagnosis.ts';
import { Remembered } from '../../control/remembered.ts';
import { type Registered, type RegisteredNow, checkNode } from './chunkservers.ts';
import { configurationChecks } from './configuration.ts';
import type { DaemonKind } from './control-daemons.ts';
import { ETCD } from './etcd.ts';
import { typed } from './failures.ts';
import { layoutSource, mountsOf, nodeCheck } from './health-layout.ts';
import { NODES_AT_ONCE } from './intervals.ts';
import { MDS } from './mds.ts';
import { copysetsNow } from './pools.ts';
import { SNAPSHOTCLONE } from './snapshotclone.ts';

type Input = HealthWatchInput<CurveClusterSpec>;

/** Asked on the daemons' own ports. */
const DAEMONS = { everyMs: DAEMONS_EVERY_MS, gapMs: DAEMONS_GAP_MS };
/** Asked by a tool in a pod, or over the network of others. */
const TOOLS = { everyMs: TOOLS_EVERY_MS, gapMs: TOOLS_GAP_MS };
/** Known from what is watched; asked for what only the API server's own answer tells. */
const OBJECTS = { everyMs: COMPARE_EVERY_MS, gapMs: DAEMONS_GAP_MS };

/** Everything that Ready of a Curve cluster is made of. */
export const curveHealth =
  (registered: RegisteredNow) =>
  (work: ActivityContext, input: Input, changed: () => void): readonly HealthPart[] => {
    const { resource } = input;
    const nodes = new ClusterNodes(work.kube, nodesOf(input.spec), changed);
    const scope = { namespace: resource.namespace, labelSelector: existingSelector(resource.name) };
    const online = new Remembered<Registered>();
    const objects = new ClusterObjects(work.kube, scope, () => {
      online.changed();
      changed();
    });
    const { clusterId, layout } = layoutSource(work, input, nodes);
    const diagnosis = new PodDiagnosis(work, 0);
    /** Without a layout there is nothing to ask; the first two parts say why. */
    const inLayout = (ask: (layout: CurveLayout) => Promise<readonly StepCheck[]>) => async () => {
      const known = await layout();
      return known === undefined ? [] : typed(() => ask(known))(work);
    };
    const daemon = (reason: string, kind: DaemonKind) =>
      inLayout(async (known) => {
        const seen = await objects.of(labelsOf(known, kind.component));
        return checksOf(reason, await kind.check(known.context)(work, seen, diagnosis));
      });
    const lately: RegisteredNow = (_work, context) =>
      online.get(() => registered(work, context), { maxAgeMs: TOOLS_EVERY_MS, gapMs: TOOLS_GAP_MS });

    return [
      {
        reason: 'ClusterIdMissing',
        ...DAEMONS,
        check: async () => [clusterIdCheck(resource, await clusterId())],
      },
      { reason: 'NodeNotReady', ...OBJECTS, check: async () => (await nodes.all()).map(nodeCheck) },
      {
        reason: 'DiskNotMounted',
        ...OBJECTS,
        check: inLayout(async (known) => mountChecks(mountsOf(known), input.nodes)),
      },
      { reason: 'EtcdUnhealthy', ...DAEMONS, check: daemon('EtcdUnhealthy', ETCD) },
      { reason: 'MdsUnhealthy', ...DAEMONS, check: daemon('MdsUnhealthy', MDS) },
      {
        reason: 'ChunkserverNotOnline',
        ...DAEMONS,
        check: inLayout(async (known) => {
          const byNode = groupByNode(await objects.of(labelsOf(known, 'chunkserver')));
          const all = await mapConcurrently(known.storage, NODES_AT_ONCE, (node) =>
            checkNode(known.context, node, lately)(work, ofNode(byNode, node), diagnosis),
          );
          // What mds says of a daemon that has just come back is worth asking for again soon.
          if (all.some(({ problems }) => problems.length > 0)) online.changed();
          return all.flatMap((health) => checksOf('ChunkserverNotOnline', health));
        }),
      },
      {
        reason: 'CopysetsUnhealthy',
        ...TOOLS,
        check: inLayout(async ({ context }) => {
          const { healthy, detail } = await copysetsNow(work, context);
          return [{ reason: 'CopysetsUnhealthy', holds: healthy, detail: `copysets: ${detail}` }];
        }),
      },
      {
        reason: 'SnapshotcloneUnhealthy',
        ...TOOLS,
        check: inLayout(async (known) =>
          known.context.snapshotclone.length === 0 ? [] : daemon('SnapshotcloneUnhealthy', SNAPSHOTCLONE)(),
        ),
      },
      {
        reason: 'NotAsSpecified',
        ...OBJECTS,
        check: inLayout(async (known) => {
          const { deployments } = await objects.of(labelsOf(known));
          return configurationChecks(work, known, deployments);
        }),
      },
    ];
  };

/** Of one component, or of the whole cluster. */
function labelsOf({ context: { operation, clusterId } }: CurveLayout, component?: ControlDaemon | Component) {
  const all = componentLabels(operation, clusterId, { component: component ?? 'etcd' });
  if (component !== undefined) return all;
  const { [LABEL.component]: _component, ...whole } = all;
  return whole;
}

type ByNode = ReadonlyMap<string, InKubernetes>;

/** A thousand nodes would otherwise each look through the daemons of all. */
function groupByNode({ deployments, pods }: InKubernetes): ByNode {
  const nodeOf = ({
    metadata,
  }: {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  }) => metadata?.labels?.[LABEL.node] ?? '';
  const [byNode, podsByNode] = [Map.groupBy(deployments, nodeOf), Map.groupBy(pods, nodeOf)];
  return new Map(
    [...byNode].map(([node, its]) => [node, { deployments: its, pods: podsByNode.get(node) ?? [] }]),
  );
}

const ofNode = (byNode: ByNode, { node }: StorageNode): InKubernetes =>
  byNode.get(labelValue(node)) ?? { deployments: [], pods: [] };
