import { nodesOf } from '../../systems/curve/layout.ts';
import type { CurveClusterSpec } from '../../systems/curve/spec.ts';
import type { HealthCheckInput } from '../messages.ts';
import { type HealthMemory, runHealthCheck } from '../operation/health-check.ts';
import { curve } from './activities.ts';

/** Keeps the health of one CurveBS cluster known. */
export async function curveHealthCheck(
  input: HealthCheckInput<CurveClusterSpec>,
  memory?: HealthMemory,
): Promise<void> {
  const watch = 'watch the cluster and ask every daemon';
  return runHealthCheck({ nodesOf, watch: (known) => curve.follow(watch).watchHealth(known) }, input, memory);
}
