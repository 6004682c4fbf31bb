import type { PhaseName } from '../../systems/curve/phases.ts';
import type { ActivityName } from '../../workflows/messages.ts';

/** To which phase a pending activity belongs and what it does, in words for people. */
export interface ActivityMeaning {
  /** Some looks serve more than one phase: they are shown with the first of these that runs. */
  readonly phases: readonly PhaseName[];
  readonly what: string;
}

const of = (what: string, ...phases: PhaseName[]): ActivityMeaning => ({ phases, what });

/** Liveness and writing for people are no part of a phase: they have no entry. */
const MEANING: Partial<Record<ActivityName, ActivityMeaning>> = {
  claimClusterId: of('take up the cluster id', 'preflight'),
  observeKubernetes: of('look at nodes and names', 'preflight'),
  readTemplates: of('read the templates out of the image', 'preflight'),
  inspectNode: of('inspect the node', 'preflight'),
  inspectDisks: of('inspect disks', 'preflight', 'format'),
  claimHostDataDir: of('claim the data directory', 'format', 'etcd'),
  formatDisks: of('format disks', 'format'),
  inspectPools: of('inspect chunk file pools', 'chunkfilepool'),
  emptyPools: of('empty a half-filled chunk file pool', 'chunkfilepool'),
  observeChunkFormatJobs: of('look at the curve_format jobs', 'chunkfilepool'),
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
  observeChunkservers: of('look at chunkservers', 'chunkservers'),
  applyChunkservers: of('apply chunkservers', 'chunkservers'),
  awaitChunkservers: of('wait for chunkservers', 'chunkservers'),
  createLogicalPool: of('create the logical pool', 'logicalPool'),
  awaitCopysets: of('wait for copysets', 'logicalPool'),
  observeSnapshotclone: of('look at snapshotclone', 'snapshotclone'),
  applySnapshotclone: of('apply snapshotclone', 'snapshotclone'),
  awaitSnapshotclone: of('wait for snapshotclone', 'snapshotclone'),
};

export const meaningOf = (activity: string): ActivityMeaning | undefined => MEANING[activity as ActivityName];
