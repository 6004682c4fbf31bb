import type { Kube } from './client.ts';
import { KubeError } from './errors.ts';
import { asked } from './objects.ts';
import { PODS, pathOf } from './resources.ts';

export interface LogOf {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The container's run before this one: what a crashed one said. */
  readonly previous?: boolean;
  /** Only the last lines; all when absent. */
  readonly tailLines?: number;
}

/** The log of a container. */
export async function readLog(kube: Kube, of: LogOf): Promise<string> {
  const at = { namespace: of.namespace, name: of.pod };
  return kube.text({
    method: 'GET',
    path: `${pathOf(PODS, at)}/log`,
    query: {
      container: of.container,
      previous: of.previous === true ? 'true' : undefined,
      tailLines: of.tailLines === undefined ? undefined : String(of.tailLines),
    },
    asked: asked('get', PODS, at, 'log'),
  });
}

/** The last lines of a log for a message; undefined when there is none to be had (no such run, node away). */
export async function lastLines(
  kube: Kube,
  of: LogOf & { readonly tailLines: number },
): Promise<string | undefined> {
  try {
    const text = (await readLog(kube, of)).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}
