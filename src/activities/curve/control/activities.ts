import {
  type ControlDeps,
  activity as general,
  shortActivity as generalShort,
} from '../../control/activity-context.ts';
import { watchHealth } from '../../control/health-watch.ts';
import { SingleFlight } from '../../control/single-flight.ts';
import { layoutOf } from '../../../systems/curve/layout.ts';
import type { ControlActivitySet } from '../../control/contract.ts';
import type { CurveCalls, CurveWaits } from '../contract.ts';
import {
  type Registered,
  type RegisteredNow,
  applyChunkservers,
  askRegistered,
  awaitChunkservers,
  observeChunkservers,
} from './chunkservers.ts';
import { applyChunkFormatJobs, awaitChunkFormatJobs, observeChunkFormatJobs } from './chunk-format-jobs.ts';
import { apply, awaitHealthy, observe } from './control-daemons.ts';
import { ETCD } from './etcd.ts';
import { type Run, typed } from './failures.ts';
import { curveHealth } from './health.ts';
import { observeKubernetes } from './kubernetes-facts.ts';
import { MDS } from './mds.ts';
import { awaitCopysets, createLogicalPool, createPhysicalPool, observePools } from './pools.ts';
import { SNAPSHOTCLONE } from './snapshotclone.ts';
import { readTemplates } from './templates.ts';

const activity = <Input extends unknown[], Result>(deps: ControlDeps, run: Run<Input, Result>) =>
  general(deps, typed(run));
const shortActivity = <Input extends unknown[], Result>(deps: ControlDeps, run: Run<Input, Result>) =>
  generalShort(deps, typed(run));

/** What the control worker can be asked for by Curve's workflows, by the names of the contract. */
export function createCurveControlActivities(deps: ControlDeps): ControlActivitySet<CurveCalls, CurveWaits> {
  const shared = new SingleFlight<Registered>();
  const registered: RegisteredNow = ({ signal }, context) =>
    shared.get(context.clusterId, () => askRegistered(deps, context), signal);
  return { calls: callsOf(deps, registered), waits: waitsOf(deps, registered) };
}

const callsOf = (deps: ControlDeps, registered: RegisteredNow): CurveCalls => ({
  observeKubernetes: shortActivity(deps, observeKubernetes),
  computeLayout: shortActivity(deps, async (_context, input) => layoutOf(input)),

  observeEtcd: shortActivity(deps, observe(ETCD)),
  applyEtcd: shortActivity(deps, apply(ETCD)),

  observeMds: shortActivity(deps, observe(MDS)),
  applyMds: shortActivity(deps, apply(MDS)),

  observeChunkFormatJobs: shortActivity(deps, observeChunkFormatJobs),
  applyChunkFormatJobs: shortActivity(deps, applyChunkFormatJobs),

  observePools: shortActivity(deps, observePools),

  observeChunkservers: shortActivity(deps, (work, input) => observeChunkservers(work, input, registered)),
  applyChunkservers: shortActivity(deps, applyChunkservers),

  observeSnapshotclone: shortActivity(deps, observe(SNAPSHOTCLONE)),
  applySnapshotclone: shortActivity(deps, apply(SNAPSHOTCLONE)),
});

const waitsOf = (deps: ControlDeps, registered: RegisteredNow): CurveWaits => ({
  readTemplates: activity(deps, readTemplates),
  awaitEtcd: activity(deps, awaitHealthy(ETCD)),
  awaitMds: activity(deps, awaitHealthy(MDS)),
  awaitChunkFormatJobs: activity(deps, awaitChunkFormatJobs),
  createPhysicalPool: activity(deps, createPhysicalPool),
  createLogicalPool: activity(deps, createLogicalPool),
  awaitCopysets: activity(deps, awaitCopysets),
  awaitChunkservers: activity(deps, (work, input) => awaitChunkservers(work, input, registered)),
  awaitSnapshotclone: activity(deps, awaitHealthy(SNAPSHOTCLONE)),
  watchHealth: activity(deps, (work, input) => watchHealth(work, input, curveHealth(registered))),
});
