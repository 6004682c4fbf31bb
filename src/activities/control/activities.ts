import {
  applyChunkservers,
  askRegistered,
  awaitChunkservers,
  observeChunkservers,
} from '../curve/control/chunkservers.ts';
import type { Registered, RegisteredNow } from '../curve/control/chunkservers.ts';
import { observeCluster } from '../curve/control/cluster-facts.ts';
import { claimClusterId } from './cluster-id.ts';
import type { ControlActivities } from './contract.ts';
import { apply, awaitHealthy, observe } from '../curve/control/control-daemons.ts';
import { shortActivity, type ControlDeps, activity } from './activity-context.ts';
import { ETCD } from '../curve/control/etcd.ts';
import {
  applyChunkFormatJobs,
  awaitChunkFormatJobs,
  observeChunkFormatJobs,
} from '../curve/control/chunk-format-jobs.ts';
import { observeKubernetes } from '../curve/control/kubernetes-facts.ts';
import { MDS } from '../curve/control/mds.ts';
import {
  awaitCopysets,
  createLogicalPool,
  createPhysicalPool,
  observePools,
} from '../curve/control/pools.ts';
import { SingleFlight } from './single-flight.ts';
import { SNAPSHOTCLONE } from '../curve/control/snapshotclone.ts';
import { readResource, recordEvent, writePhases, writeReady, writeTerminated } from './status.ts';
import { readTemplates } from '../curve/control/templates.ts';

/** Every step that the control worker can be asked for, by the names of the contract. */
export function createControlActivities(deps: ControlDeps): ControlActivities {
  const shared = new SingleFlight<Registered>();
  const registered: RegisteredNow = ({ signal }, context) =>
    shared.get(context.clusterId, () => askRegistered(deps, context), signal);
  return {
    claimClusterId: shortActivity(deps, claimClusterId),
    observeKubernetes: shortActivity(deps, observeKubernetes),
    readTemplates: activity(deps, readTemplates),

    observeEtcd: shortActivity(deps, observe(ETCD)),
    applyEtcd: shortActivity(deps, apply(ETCD)),
    awaitEtcd: activity(deps, awaitHealthy(ETCD)),

    observeMds: shortActivity(deps, observe(MDS)),
    applyMds: shortActivity(deps, apply(MDS)),
    awaitMds: activity(deps, awaitHealthy(MDS)),

    observeChunkFormatJobs: shortActivity(deps, observeChunkFormatJobs),
    applyChunkFormatJobs: shortActivity(deps, applyChunkFormatJobs),
    awaitChunkFormatJobs: activity(deps, awaitChunkFormatJobs),

    observePools: shortActivity(deps, observePools),
    createPhysicalPool: activity(deps, createPhysicalPool),
    createLogicalPool: activity(deps, createLogicalPool),
    awaitCopysets: activity(deps, awaitCopysets),

    observeChunkservers: shortActivity(deps, (work, input) => observeChunkservers(work, input, registered)),
    applyChunkservers: shortActivity(deps, applyChunkservers),
    awaitChunkservers: activity(deps, (work, input) => awaitChunkservers(work, input, registered)),

    observeSnapshotclone: shortActivity(deps, observe(SNAPSHOTCLONE)),
    applySnapshotclone: shortActivity(deps, apply(SNAPSHOTCLONE)),
    awaitSnapshotclone: activity(deps, awaitHealthy(SNAPSHOTCLONE)),

    observeCluster: shortActivity(deps, (work, input) => observeCluster(work, input, registered)),

    writePhases: shortActivity(deps, writePhases),
    writeTerminated: shortActivity(deps, writeTerminated),
    writeReady: shortActivity(deps, writeReady),
    recordEvent: shortActivity(deps, recordEvent),
    readResource: shortActivity(deps, readResource),
  };
}
