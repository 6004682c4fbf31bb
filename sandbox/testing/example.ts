import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { endpoints, type SandboxState } from '../state.ts';
import { Problem } from '../problem.ts';
import { ask, run } from '../machine/run.ts';
import { checkout, paths } from '../settings.ts';
import { tools } from '../tools/tools.ts';

/** The example cluster, as a person handles it: kubectl before, Keelson's command, and its answer. */

export const exampleFile = 'examples/curve-cluster.yaml';

const exampleSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    snapShotClone: z.object({ s3Config: z.object({ secretRef: z.object({ name: z.string() }) }) }),
  }),
});
export type Example = z.infer<typeof exampleSchema>;

/** What is read of Keelson's answer about a cluster. */
const clusterSchema = z.object({
  operation: z.object({ id: z.string(), state: z.string() }).optional(),
  ready: z.object({ status: z.string() }),
  phases: z.array(
    z.object({ name: z.string(), started: z.string().optional(), finished: z.string().optional() }),
  ),
});
export type Cluster = z.infer<typeof clusterSchema>;

export async function readExample(): Promise<Example> {
  return exampleSchema.parse(parse(await readFile(`${checkout}/${exampleFile}`, 'utf8')));
}

/** As arguments of the product's commands. */
export function nameOf({ metadata }: Example): string[] {
  return [metadata.name, '-n', metadata.namespace];
}

/** How the product's commands reach this sandbox. */
export function commandEnvironment(state: SandboxState) {
  return { KEELSON_SERVER: endpoints(state).api, KEELSON_TOKEN: state.apiToken };
}

export async function readCluster(state: SandboxState, { metadata }: Example): Promise<Cluster | undefined> {
  const response = await fetch(
    `${endpoints(state).api}/v1/clusters/curve/${metadata.namespace}/${metadata.name}`,
    { headers: { authorization: `Bearer ${state.apiToken}` }, signal: AbortSignal.timeout(10_000) },
  );
  if (response.status === 404) return undefined;
  if (!response.ok)
    throw new Problem(
      `Keelson answered ${response.status} about ${metadata.namespace}/${metadata.name}: ${await response.text()}`,
      'npm run sandbox -- status',
    );
  return clusterSchema.parse(await response.json());
}

/** The namespace and the keys of the S3 server, unless they are there. */
export async function prepareExample(
  state: SandboxState,
  example: Example,
  report: (command: string, answer: string) => void,
): Promise<void> {
  const { namespace } = example.metadata;
  const secret = example.spec.snapShotClone.s3Config.secretRef.name;
  const kubectl = [tools.kubectl, '--kubeconfig', paths.kubeconfig];
  const create = async (what: readonly string[], ...args: string[]): Promise<void> => {
    if ((await ask([...kubectl, 'get', ...what])) !== undefined) return;
    report(`kubectl ${args.join(' ')}`, await run([...kubectl, ...args]));
  };
  await create(['namespace', namespace], 'create', 'namespace', namespace);
  const keys = [`--from-literal=ak=${state.s3.accessKey}`, `--from-literal=sk=${state.s3.secretKey}`];
  await create(
    ['secret', secret, '--namespace', namespace],
    ...['-n', namespace, 'create', 'secret', 'generic', secret, ...keys],
  );
}
