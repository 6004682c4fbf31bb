import { keelson } from '../../sandbox/settings.ts';
import { eventually } from './eventually.ts';
import type { Sandbox } from './sandbox.ts';

/** Switches the product's failpoints on and off, in a Keelson that runs in the sandbox. */

/** One for each image: the chart says which of them new work goes to. */
export async function controlDeployment(box: Sandbox): Promise<string> {
  const rollout = ['get', 'configmap', `${keelson.release}-control`];
  return `deployment/${await inKeelson(box, ...rollout, '-o', 'jsonpath={.data.deployment}')}`;
}

const NODE = `daemonset/${keelson.release}-node`;

const WORKERS = 'app.kubernetes.io/component in (control,node)';

const MKFS = 'keelson-e2e-mkfs';
const FOLDER = '/opt/keelson-e2e';
const PATH = `${FOLDER}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

export const inKeelson = (box: Sandbox, ...args: readonly string[]): Promise<string> =>
  box.kubectl(['--namespace', keelson.namespace, ...args]);

/**
 * Every activity of every worker is told to this URL from now on. With `mkfs` also mkfs.ext4: a wrapper stands first in
 * the node workers' PATH, tells before and after the real tool, and is itself the tool that the product waits for. So a
 * fault can land inside mkfs, and between mkfs and marker.
 */
export async function enableFailpoints(
  box: Sandbox,
  url: string,
  { mkfs }: { readonly mkfs: boolean },
): Promise<void> {
  const told = { name: 'KEELSON_FAILPOINT_URL', value: url };
  if (mkfs) {
    const metadata = { name: MKFS, namespace: keelson.namespace };
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'mkfs.ext4': wrapper(url) } };
    await box.kubectl(['apply', '--filename', '-'], JSON.stringify(configMap));
  }
  await patch(box, await controlDeployment(box), {}, { containers: [{ name: 'control', env: [told] }] });
  const node = mkfs
    ? {
        volumes: [{ name: 'e2e', configMap: { name: MKFS, defaultMode: 0o755 } }],
        containers: [
          {
            name: 'node',
            env: [told, { name: 'PATH', value: PATH }],
            volumeMounts: [{ name: 'e2e', mountPath: FOLDER }],
          },
        ],
      }
    : { containers: [{ name: 'node', env: [told] }] };
  // Nothing depends on them yet, so all may go at the same time.
  await patch(box, NODE, { updateStrategy: { rollingUpdate: { maxUnavailable: 3 } } }, node);
  await rolledOut(box);
}

/** Back to what the chart says. */
export async function disableFailpoints(box: Sandbox): Promise<void> {
  for (const workload of [await controlDeployment(box), NODE])
    await inKeelson(box, 'rollout', 'undo', workload);
  await rolledOut(box);
}

const patch = (box: Sandbox, workload: string, spec: object, pod: object): Promise<string> =>
  inKeelson(
    box,
    ...['patch', workload, '--type=strategic'],
    ...['--patch', JSON.stringify({ spec: { ...spec, template: { spec: pod } } })],
  );

/** The old pods have left as well: kubectl does not wait for them, and one that still polls would take a step untold. */
async function rolledOut(box: Sandbox): Promise<void> {
  const workloads = [await controlDeployment(box), NODE];
  await Promise.all(workloads.map((w) => inKeelson(box, 'rollout', 'status', w, '--timeout=150s')));
  await eventually(
    'the old workers have left',
    () => box.list<Leaving>('pods', '-n', keelson.namespace, '-l', WORKERS),
    (pods) => pods.every((pod) => pod.metadata.deletionTimestamp === undefined),
    60_000,
  );
}

interface Leaving {
  readonly metadata: { readonly deletionTimestamp?: string };
}

/** The tools' environment is bare, so the wrapper brings everything itself. The node's name is the host's. */
const wrapper = (url: string): string => `#!/usr/local/bin/node
const { spawnSync } = require('node:child_process');
const { request } = require('node:http');
const { hostname } = require('node:os');
const worker = require('node:crypto').randomUUID();

const tell = (when) => new Promise((resolve, reject) => {
  const point = {
    when, activity: 'mkfs.ext4', taskQueue: 'test/node/' + hostname(), worker, workflowId: '', attempt: 0,
    input: process.argv.at(-1) + ' by ' + process.pid,
  };
  const call = request('${url}', { method: 'POST', agent: false }, (answer) => answer.resume().once('end', resolve));
  call.once('error', reject);
  call.end(JSON.stringify(point));
});

(async () => {
  await tell('before');
  const { status } = spawnSync('/usr/sbin/mkfs.ext4', process.argv.slice(2), { stdio: 'inherit' });
  await tell('after');
  process.exit(status ?? 1);
})();
`;
