import { type ActivityMeaning, type StorageSystem, storageKind } from '../system.ts';
import { curveClusterDefinition } from './crd.ts';
import { layoutToCompare, nodesOf } from './layout.ts';
import { CURVE_FAILURES } from './failures.ts';
import { existingIn, existingSelector } from './objects/existing.ts';
import { PERMISSIONS } from './permissions.ts';
import { PHASES, type PhaseName } from './phases.ts';
import { readCluster } from './read.ts';
import { checkImmutable } from './rules/immutable.ts';
import {
  CLUSTER,
  clusterSchema,
  type CurveClusterSpec,
  GROUP,
  KIND,
  PLURAL,
  SYSTEM,
  TITLE,
  VERSION,
} from './spec.ts';

const CURVE_CLUSTER = storageKind<CurveClusterSpec>({
  id: CLUSTER,
  title: TITLE,
  resource: { apiVersion: `${GROUP}/${VERSION}`, kind: KIND, plural: PLURAL, namespaced: true },
  phases: PHASES,
  workflows: {
    entity: 'curveCluster',
    operation: 'curveOperation',
    plan: 'curvePlan',
    healthCheck: 'curveHealthCheck',
  },
  definition: curveClusterDefinition,
  schema: clusterSchema,
  read: readCluster,
  nodesOf,
  imageOf,
  immutability: {
    selector: existingSelector,
    check: (resource, spec, running) =>
      checkImmutable(spec, layoutToCompare(resource, spec), existingIn(running)),
  },
});

/** CurveBS, for the modules that serve all systems. */
export const CURVE: StorageSystem = {
  id: SYSTEM,
  title: 'CurveBS',
  kinds: [CURVE_CLUSTER],
  permissions: PERMISSIONS,
  failures: CURVE_FAILURES,
  activities: activities(),
  generalActivities: {
    claimClusterId: ['preflight'],
    inspectNode: ['preflight'],
    inspectDisks: ['preflight', 'format'],
    claimHostDataDir: ['format', 'etcd'],
    formatDisks: ['format'],
  } satisfies Record<string, readonly PhaseName[]>,
};

function imageOf(spec: unknown): string | undefined {
  const image = (spec as { curveVersion?: { image?: unknown } } | undefined)?.curveVersion?.image;
  return typeof image === 'string' ? image : undefined;
}

function activities(): Readonly<Record<string, ActivityMeaning>> {
  const of = (what: string, ...phases: PhaseName[]): ActivityMeaning => ({ phases, what });
  return {
    observeKubernetes: of('read nodes and names', 'preflight'),
    computeLayout: of('compute the layout', 'preflight'),
    readTemplates: of('read the templates out of the image', 'preflight'),
    inspectPools: of('inspect chunk file pools', 'chunkfilepool'),
    emptyPools: of('empty a half-filled chunk file pool', 'chunkfilepool'),
    observeChunkFormatJobs: of('read the curve_format jobs', 'chunkfilepool'),
    applyChunkFormatJobs: of('start curve_format', 'chunkfilepool'),
    awaitChunkFormatJobs: of('wait for curve_format', 'chunkfilepool'),
    watchPools: of('count chunks', 'chunkfilepool'),
    observeEtcd: of('ask etcd for its health', 'etcd'),
    applyEtcd: of('apply etcd', 'etcd'),
    awaitEtcd: of('wait for etcd', 'etcd'),
    observeMds: of('ask mds for its leader', 'mds'),
    applyMds: of('apply mds', 'mds'),
    awaitMds: of('wait for mds', 'mds'),
    observePools: of('ask mds for pools and servers', 'physicalPool', 'logicalPool', 'chunkservers'),
    createPhysicalPool: of('create the physical pool', 'physicalPool'),
    observeChunkservers: of('read chunkservers', 'chunkservers'),
    applyChunkservers: of('apply chunkservers', 'chunkservers'),
    awaitChunkservers: of('wait for chunkservers', 'chunkservers'),
    createLogicalPool: of('create the logical pool', 'logicalPool'),
    awaitCopysets: of('wait for copysets', 'logicalPool'),
    observeSnapshotclone: of('ask snapshotclone for its active instance', 'snapshotclone'),
    applySnapshotclone: of('apply snapshotclone', 'snapshotclone'),
    awaitSnapshotclone: of('wait for snapshotclone', 'snapshotclone'),
  };
}
