import type { HealthCheckInput } from '../../../src/workflows/messages.ts';
import { type HealthMemory, runHealthCheck } from '../../../src/workflows/operation/health-check.ts';
import type { ExampleSpec } from '../systems/spec.ts';
import { example } from './activities.ts';

/** Keeps the health of one store known. */
export async function exampleHealthCheck(
  input: HealthCheckInput<ExampleSpec>,
  memory?: HealthMemory,
): Promise<void> {
  const nodesOf = ({ nodes }: ExampleSpec) => nodes;
  const watch = 'compare the settings with the spec';
  return runHealthCheck(
    { nodesOf, watch: (known) => example.follow(watch).watchHealth(known) },
    input,
    memory,
  );
}
