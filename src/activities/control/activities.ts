import { applyChunkservers, askRegistered, awaitChunkservers, observeChunkservers } from './chunkservers.ts';
import type { Registered, RegisteredNow } from './chunkservers.ts';
import { observeCluster } from './cluster-facts.ts';
import { claimClusterId } from './cluster-id.ts';
import type { ControlActivities } from './contract.ts';
import { type ControlDeps, step } from './deps.ts';
import { applyEtcd, awaitEtcd, observeEtcd } from './etcd.ts';
import { applyFormatJobs, awaitFormatJobs, observeFormatJobs } from './format-jobs.ts';
import { observeKubernetes } from './kubernetes-facts.ts';
import { applyMds, awaitMds, observeMds } from './mds.ts';
import { awaitCopysets, createLogicalPool, createPhysicalPool, observePools } from './pools.ts';
import { SharedAnswer } from './shared-answer.ts';
import { applySnapshotclone, awaitSnapshotclone, observeSnapshotclone } from './snapshotclone.ts';
import { readResource, recordEvent, writePhases, writeReady } from './status.ts';
import { readTemplates } from './templates.ts';

/** Every step that the control worker can be asked for, by the names of the contract. */
export function createControlActivities(deps: ControlDeps): ControlActivities {
  const shared = new SharedAnswer<Registered>();
  const registered: RegisteredNow = ({ signal }, context) =>
    shared.get(context.clusterId, () => askRegistered(deps, context), signal);
  return {
    claimClusterId: step(deps, claimClusterId),
    observeKubernetes: step(deps, observeKubernetes),
    readTemplates: step(deps, readTemplates),

    observeEtcd: step(deps, observeEtcd),
    applyEtcd: step(deps, applyEtcd),
    awaitEtcd: step(deps, awaitEtcd),

    observeMds: step(deps, observeMds),
    applyMds: step(deps, applyMds),
    awaitMds: step(deps, awaitMds),

    observeFormatJobs: step(deps, observeFormatJobs),
    applyFormatJobs: step(deps, applyFormatJobs),
    awaitFormatJobs: step(deps, awaitFormatJobs),

    observePools: step(deps, observePools),
    createPhysicalPool: step(deps, createPhysicalPool),
    createLogicalPool: step(deps, createLogicalPool),
    awaitCopysets: step(deps, awaitCopysets),

    observeChunkservers: step(deps, (work, input) => observeChunkservers(work, input, registered)),
    applyChunkservers: step(deps, applyChunkservers),
    awaitChunkservers: step(deps, (work, input) => awaitChunkservers(work, input, registered)),

    observeSnapshotclone: step(deps, observeSnapshotclone),
    applySnapshotclone: step(deps, applySnapshotclone),
    awaitSnapshotclone: step(deps, awaitSnapshotclone),

    observeCluster: step(deps, (work, input) => observeCluster(work, input, registered)),

    writePhases: step(deps, writePhases),
    writeReady: step(deps, writeReady),
    recordEvent: step(deps, recordEvent),
    readResource: step(deps, readResource),
  };
}
