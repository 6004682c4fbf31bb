import { applyChunkservers, askRegistered, awaitChunkservers, observeChunkservers } from './chunkservers.ts';
import type { Registered, RegisteredNow } from './chunkservers.ts';
import { observeCluster } from './cluster-facts.ts';
import { claimClusterId } from './cluster-id.ts';
import type { ControlActivities } from './contract.ts';
import { apply, awaitHealthy, observe } from './control-daemons.ts';
import { brief, type ControlDeps, step } from './deps.ts';
import { ETCD } from './etcd.ts';
import { applyFormatJobs, awaitFormatJobs, observeFormatJobs } from './format-jobs.ts';
import { observeKubernetes } from './kubernetes-facts.ts';
import { MDS } from './mds.ts';
import { awaitCopysets, createLogicalPool, createPhysicalPool, observePools } from './pools.ts';
import { SharedAnswer } from './shared-answer.ts';
import { SNAPSHOTCLONE } from './snapshotclone.ts';
import { readResource, recordEvent, writePhases, writeReady, writeTerminated } from './status.ts';
import { readTemplates } from './templates.ts';

/** Every step that the control worker can be asked for, by the names of the contract. */
export function createControlActivities(deps: ControlDeps): ControlActivities {
  const shared = new SharedAnswer<Registered>();
  const registered: RegisteredNow = ({ signal }, context) =>
    shared.get(context.clusterId, () => askRegistered(deps, context), signal);
  return {
    claimClusterId: brief(deps, claimClusterId),
    observeKubernetes: brief(deps, observeKubernetes),
    readTemplates: step(deps, readTemplates),

    observeEtcd: brief(deps, observe(ETCD)),
    applyEtcd: brief(deps, apply(ETCD)),
    awaitEtcd: step(deps, awaitHealthy(ETCD)),

    observeMds: brief(deps, observe(MDS)),
    applyMds: brief(deps, apply(MDS)),
    awaitMds: step(deps, awaitHealthy(MDS)),

    observeFormatJobs: brief(deps, observeFormatJobs),
    applyFormatJobs: brief(deps, applyFormatJobs),
    awaitFormatJobs: step(deps, awaitFormatJobs),

    observePools: brief(deps, observePools),
    createPhysicalPool: step(deps, createPhysicalPool),
    createLogicalPool: step(deps, createLogicalPool),
    awaitCopysets: step(deps, awaitCopysets),

    observeChunkservers: brief(deps, (work, input) => observeChunkservers(work, input, registered)),
    applyChunkservers: brief(deps, applyChunkservers),
    awaitChunkservers: step(deps, (work, input) => awaitChunkservers(work, input, registered)),

    observeSnapshotclone: brief(deps, observe(SNAPSHOTCLONE)),
    applySnapshotclone: brief(deps, apply(SNAPSHOTCLONE)),
    awaitSnapshotclone: step(deps, awaitHealthy(SNAPSHOTCLONE)),

    observeCluster: brief(deps, (work, input) => observeCluster(work, input, registered)),

    writePhases: brief(deps, writePhases),
    writeTerminated: brief(deps, writeTerminated),
    writeReady: brief(deps, writeReady),
    recordEvent: brief(deps, recordEvent),
    readResource: brief(deps, readResource),
  };
}
