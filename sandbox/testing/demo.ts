import { execa } from 'execa';
import { change } from '../change.ts';
import {
  commandEnvironment,
  type Cluster,
  type Example,
  exampleFile,
  nameOf,
  prepareExample,
  readCluster,
  readExample,
} from './example.ts';
import { endpoints, type SandboxState } from '../state.ts';
import { operationSpans } from './operation-history.ts';
import { Problem } from '../problem.ts';
import { formatDuration, type Progress } from '../progress.ts';
import { checkout, paths } from '../settings.ts';
import { shareOut } from './time-spent.ts';
import { tools } from '../tools/tools.ts';
import { up } from '../up.ts';

/** Everything a newcomer should see, from nothing to a Ready cluster. Returns whether it became Ready. */
export async function demo(): Promise<boolean> {
  const began = Date.now();
  process.stdout.write(
    'Keelson: a storage cluster from one HTTP request, on a Kubernetes of three nodes on this machine.\n\n',
  );
  const { result } = await change('demo', async (progress) => ({ state: await up(progress), progress }));
  const { state, progress } = result;
  const sandboxReady = Date.now();

  const example = await readExample();
  const before = await readCluster(state, example);
  if (before === undefined) await request(state, example);
  const wasReady = before?.ready.status === 'True';
  const watched = await show(
    state,
    wasReady ? ['get', ...nameOf(example)] : ['watch', ...nameOf(example), '--timeout', '10m'],
  );
  const after = await readCluster(state, example);

  const isReady = watched && after?.ready.status === 'True';
  if (isReady && !wasReady) await reportTime({ began, sandboxReady, progress, state, cluster: after });
  reportAddresses(state, example);
  return isReady;
}

/** What the person could have typed: a namespace, the keys of the S3 server, and the one request. */
async function request(state: SandboxState, example: Example): Promise<void> {
  await prepareExample(state, example, (command, answer) =>
    process.stdout.write(`\n$ ${command}\n${answer}\n`),
  );
  if (!(await show(state, ['apply', '-f', exampleFile]))) {
    throw new Problem(
      `Keelson did not accept ${exampleFile}`,
      'its output is above; kubectl -n keelson-system get pods',
    );
  }
}

/** Runs the product's own command on this terminal. */
async function show(state: SandboxState, args: readonly string[]): Promise<boolean> {
  process.stdout.write(`\n$ npx keelson ${args.join(' ')}\n`);
  const { exitCode } = await execa(process.execPath, [`${checkout}/src/cli/main.ts`, ...args], {
    cwd: checkout,
    env: commandEnvironment(state),
    stdio: 'inherit',
    reject: false,
  });
  return exitCode === 0;
}

interface Run {
  readonly began: number;
  readonly sandboxReady: number;
  readonly progress: Progress;
  readonly state: SandboxState;
  readonly cluster: Cluster;
}

/** Measured, not estimated: the sandbox's own steps, and the activities in Temporal's record of the operation. */
async function reportTime({ began, sandboxReady, progress, state, cluster }: Run): Promise<void> {
  const operation = cluster.operation?.id;
  const total = Date.now() - began;
  const sandbox = shareOut({ from: began, to: sandboxReady }, progress.spans, ['making', 'daemons']);
  const lines: [string, number][] = [
    ['sandbox: building, downloading, importing', sandbox.making],
    ['sandbox: waiting for daemons (Temporal, Kubernetes, nodes, Keelson)', sandbox.daemons],
  ];
  let own = sandbox.idle;
  if (operation !== undefined) {
    const { from, to, spans } = await operationSpans(state, operation);
    const shares = shareOut({ from, to }, spans, ['daemons', 'tools']);
    lines.push(['cluster: waiting for daemons (etcd, mds, chunkservers, snapshotclone)', shares.daemons]);
    lines.push(['cluster: tools at work (mkfs, curve_format, curvebs-tool)', shares.tools]);
    lines.push(['cluster: our own work (looking, deciding, applying)', shares.idle]);
    own += total - (sandboxReady - began) - (to - from);
  }
  lines.push(['everything else (the demo itself, the last look)', Math.max(0, own)]);
  process.stdout.write(`\nWhere the ${formatDuration(total)} went:\n`);
  for (const [what, ms] of lines) process.stdout.write(`  ${formatDuration(ms).padStart(12)}  ${what}\n`);
}

function reportAddresses(state: SandboxState, example: Example): void {
  const at = endpoints(state);
  const { namespace } = example.metadata;
  process.stdout.write(`
Temporal UI   ${at.temporalUi}
API           ${at.api}      its docs: ${at.api}/docs
kubectl       export KUBECONFIG=${paths.kubeconfig} PATH=$PATH:${tools.kubectl.slice(0, tools.kubectl.lastIndexOf('/'))}
keelson       export KEELSON_SERVER=${at.api} KEELSON_TOKEN=${state.apiToken}

Try next
  npx keelson get ${nameOf(example).join(' ')}                     the cluster, phase by phase
  kubectl -n ${namespace} get curveclusters,pods -o wide      the same as Kubernetes sees it
  npx keelson devices                              the disks of every node, and why some cannot be used
  npm run sandbox -- node stop node2               a power cut: watch Ready turn False, and say why
  npm run sandbox -- node start node2              and back, without a person
  npm run sandbox -- reset && npm run demo         once more from empty disks
  npm run sandbox -- down                          take it away; what was built stays in the cache (--purge: that too)
`);
}
