import { endpoints, type SandboxState } from '../state.ts';
import type { Image } from '../images/images.ts';
import { Problem } from '../problem.ts';
import type { Progress } from '../progress.ts';
import { ask, run } from '../machine/run.ts';
import { checkout, keelson, ports, paths } from '../settings.ts';
import { build, tools } from '../tools/tools.ts';
import { answers, until } from '../machine/wait.ts';

const chart = `${checkout}/deploy/chart`;

/** Installs or upgrades Keelson from the working tree's chart and image, and returns when the new pods serve. */
export async function deploy(state: SandboxState, image: Image, progress: Progress): Promise<void> {
  await build(['helm'], progress);
  await progress.waiting('deploy Keelson', async (detail) => {
    await install(state, image);
    await run([...kubectl, 'apply', '-f', '-'], { input: JSON.stringify(nodePort) });
    for (const workload of await workloads()) {
      detail(`waiting for ${workload}`);
      await waitForRollout(workload);
    }
    detail('waiting for its API');
    const url = `${endpoints(state).api}/healthz`;
    await until(
      'Keelson to answer through the load balancer',
      60,
      () => answers(url),
      () => `kubectl -n ${keelson.namespace} get pods`,
    );
  });
}

async function install(state: SandboxState, image: Image): Promise<void> {
  const at = endpoints(state);
  const values = {
    temporal: { address: at.temporal, ui: at.temporalUi },
    image: { repository: keelson.image, tag: image.key, pullPolicy: 'Never' },
    api: { auth: { token: state.apiToken } },
    // Nobody works here while Keelson is replaced: all nodes at once.
    node: { maxUnavailable: '100%' },
  };
  await run(
    [
      ...[tools.helm, '--kubeconfig', paths.kubeconfig, 'upgrade', '--install', keelson.release, chart],
      ...['--namespace', keelson.namespace, '--create-namespace', '--values', '-'],
    ],
    { input: JSON.stringify(values), logName: 'helm' },
  );
}

/**
 * What the load balancer sends to. A node answers for its own pods only: were it to pass connections on to its
 * neighbours, half of them would still go to a lost node until Kubernetes has noticed.
 */
const nodePort = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'sandbox-load-balancer', namespace: keelson.namespace },
  spec: {
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    selector: { 'app.kubernetes.io/instance': keelson.release, 'app.kubernetes.io/component': 'api' },
    ports: [{ port: ports.apiPod, nodePort: ports.apiNodePort }],
  },
};

const kubectl = [tools.kubectl, '--kubeconfig', paths.kubeconfig, '--namespace', keelson.namespace];

async function workloads(): Promise<string[]> {
  const selector = `app.kubernetes.io/instance=${keelson.release}`;
  const names = await run([
    ...kubectl,
    'get',
    'deployments,daemonsets',
    '--selector',
    selector,
    '-o',
    'name',
  ]);
  return names.split('\n').filter((name) => name !== '');
}

/** kubectl watches; what it cannot say is why, so the events of the namespace are shown when it waited in vain. */
async function waitForRollout(workload: string): Promise<void> {
  if ((await ask([...kubectl, 'rollout', 'status', workload, '--timeout=180s'])) !== undefined) return;
  // The workers of an image that was replaced are removed once nothing is left to do for them.
  if ((await ask([...kubectl, 'get', workload, '--ignore-not-found', '-o', 'name']))?.trim() === '') return;
  const pods = (await ask([...kubectl, 'get', 'pods', '-o', 'wide'])) ?? '';
  const logs = (await ask([...kubectl, 'logs', workload, '--tail=8', '--all-containers'])) ?? '';
  throw new Problem(
    `${workload} was not rolled out within 180 s\n${pods}\n${logs}`,
    `kubectl -n ${keelson.namespace} describe ${workload}`,
  );
}
