import type { ClusterDetail } from '../requests/answers/clusters.ts';
import { EXIT } from './exit-codes.ts';

/** How waiting for a cluster ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly message: string;
}

/** The end that this view means, if it means one: Ready, or failed, or refused. A superseded operation has a successor. */
export function outcomeOf(cluster: ClusterDetail): Outcome | undefined {
  const { operation, ready, state, message } = cluster;
  const name = `${cluster.namespace}/${cluster.name}`;
  if (state === 'Refused')
    return { exitCode: EXIT.refused, message: `${name}: the manifest was refused: ${message ?? ''}` };
  if (operation?.state === 'Failed') return { exitCode: EXIT.failed, message: failed(name, operation) };
  const worked = operation === undefined || operation.state === 'Succeeded';
  if (worked && ready.status === 'True') return { exitCode: EXIT.ok, message: `${name} is Ready` };
  return undefined;
}

const failed = (
  name: string,
  { message, next }: { readonly message: string; readonly next?: string | undefined },
): string => [`${name} failed: ${message}`, ...(next === undefined ? [] : [`next: ${next}`])].join('\n');
