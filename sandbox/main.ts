import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { bench, type BenchOptions } from './testing/bench.ts';
import { change } from './change.ts';
import { setCable } from './cluster/network.ts';
import { startNode, stopNode, waitNodeReady } from './cluster/node.ts';
import { controlPlane, startControlPlaneDaemon, stopControlPlaneDaemon } from './cluster/control-plane.ts';
import { down } from './down.ts';
import { readState, type SandboxState } from './state.ts';
import { nodeFolder } from './cluster/node-config.ts';
import { preflight } from './machine/preflight.ts';
import { describeError, Problem } from './problem.ts';
import { logFile } from './machine/processes.ts';
import { formatDuration, type Progress } from './progress.ts';
import { nodeNames, type NodeName } from './settings.ts';
import { readStatus, renderStatus } from './status.ts';
import { collectImages, up } from './up.ts';
import { demo } from './testing/demo.ts';
import { deploy } from './cluster/deploy.ts';
import { partNames } from './testing/parts.ts';
import { runTests } from './testing/tests.ts';
import { buildBaseImage, buildKeelsonImage } from './images/images.ts';
import { importImages } from './cluster/node-images.ts';

async function report(
  command: string,
  done: string,
  work: (progress: Progress) => Promise<unknown>,
): Promise<void> {
  const { took } = await change(command, work);
  process.stderr.write(`${done} in ${formatDuration(took)}\n`);
}

/** The one that a person named; otherwise the problem says what there is. */
function named<Name extends string>(kind: string, all: readonly Name[], name: string): Name {
  const known = all.find((each) => each === name);
  if (known === undefined)
    throw new Problem(`there is no ${kind} "${name}"`, `${kind}s are ${all.join(', ')}`);
  return known;
}

async function existingState(): Promise<SandboxState> {
  const state = await readState();
  if (state === undefined) throw new Problem('no sandbox is running', 'npm run sandbox -- up');
  return state;
}

const program = new Command('sandbox')
  .description('Temporal and a three-node Kubernetes with disks on this one machine.')
  .enablePositionalOptions();

program
  .command('up')
  .description('bring everything up; on a running sandbox, whatever is missing')
  .action(async () => {
    await report('up', 'sandbox up', up);
    const status = await readStatus();
    if (status !== undefined) process.stdout.write(`\n${renderStatus(status)}\n`);
  });

program
  .command('down')
  .description('take everything away but the cache and installed Debian packages')
  .option('--purge', 'the cache too', false)
  .action(async (options: { purge: boolean }) => {
    await report('down', 'sandbox down', (progress) => down(progress, options));
  });

program
  .command('reset')
  .description('fresh disks and an empty cluster')
  .action(async () => {
    await report('reset', 'sandbox reset', async (progress) => {
      await preflight();
      await down(progress, { purge: false });
      await up(progress);
    });
  });

program
  .command('status')
  .description('what runs, and where')
  .option('-o, --output <format>', 'json for programs')
  .action(async (options: { output?: string }) => {
    const status = await readStatus();
    if (status === undefined) throw new Problem('no sandbox is running', 'npm run sandbox -- up');
    process.stdout.write(
      options.output === 'json' ? `${JSON.stringify(status, null, 2)}\n` : `${renderStatus(status)}\n`,
    );
  });

program
  .command('deploy')
  .description('rebuild Keelson from this working tree, bring it into the nodes and roll it out')
  .action(async () => {
    const state = await existingState();
    await report('deploy', 'deployed', async (progress) => {
      const image = await buildKeelsonImage(await buildBaseImage(progress), progress);
      await importImages([image], progress);
      await deploy(state, image, progress);
    });
  });

program
  .command('images')
  .description('rebuild the images that changed and bring them into the nodes')
  .action(async () => {
    await existingState();
    await report('images', 'images are in the nodes', async (progress) => {
      const { images, failure } = await collectImages(progress);
      await importImages(images, progress);
      if (failure !== undefined) throw failure;
    });
  });

const node = program.command('node').description('accidents that happen to machines');
const nodeActions: Record<
  string,
  { description: string; done: string; work: (name: NodeName, state: SandboxState) => Promise<void> }
> = {
  stop: { description: 'power cut', done: 'is off', work: stopNode },
  start: {
    description: 'boot again, on the same root and disks',
    done: 'is Ready',
    work: async (name, state) => {
      await startNode(state, name);
      await waitNodeReady(name, 120);
    },
  },
  cut: {
    description: 'take down its network link',
    done: 'is cut off',
    work: (name) => setCable(name, 'down'),
  },
  join: {
    description: 'bring its network link up again',
    done: 'is on the network',
    work: (name) => setCable(name, 'up'),
  },
};
for (const [verb, { description, done, work }] of Object.entries(nodeActions)) {
  node
    .command(`${verb} <name>`)
    .description(description)
    .action(async (name: string) => {
      const known = named('node', nodeNames, name);
      const state = await existingState();
      await report(`node ${verb} ${name}`, `${name} ${done}`, () => work(known, state));
    });
}

const daemon = program
  .command('daemon')
  .description(`accidents that happen to the control plane: ${controlPlane.join(', ')}`);
daemon
  .command('stop <name>')
  .description('kill -9')
  .action(async (name: string) => {
    const known = named('daemon', controlPlane, name);
    await existingState();
    await report(`daemon stop ${name}`, `${name} is down`, () => stopControlPlaneDaemon(known));
  });
daemon
  .command('start <name>')
  .description('start it again, on the data that it had')
  .action(async (name: string) => {
    const known = named('daemon', controlPlane, name);
    const state = await existingState();
    await report(`daemon start ${name}`, `${name} answers`, () => startControlPlaneDaemon(known, state));
  });

program
  .command('logs <name>')
  .description(
    `of a node (${nodeNames.join(', ')}) or of a part of the control plane (${controlPlane.join(', ')})`,
  )
  .option('-f, --follow', 'go on as more is written', false)
  .action(async (name: string, options: { follow: boolean }) => {
    await existingState();
    const isNode = nodeNames.some((known) => known === name);
    if (!isNode && !controlPlane.some((known) => known === name)) {
      throw new Problem(
        `there is nothing called "${name}"`,
        `known are ${[...nodeNames, ...controlPlane].join(', ')}`,
      );
    }
    const inside = ['containerd', 'kubelet', 'kube-proxy'].map(
      (daemon) => `${nodeFolder(name as NodeName)}/log/${daemon}.log`,
    );
    const files = isNode ? [logFile(name), ...inside] : [logFile(name)];
    const tail = spawn('tail', ['-n', '200', ...(options.follow ? ['-F'] : []), ...files], {
      stdio: 'inherit',
    });
    await new Promise((resolve) => tail.once('exit', resolve));
  });

program
  .command('demo')
  .description('from nothing to a Ready storage cluster, and what to try next')
  .action(async () => {
    if (!(await demo())) process.exitCode = 1;
  });

program
  .command('bench')
  .description('the example from empty disks to Ready, several times; with another checkout, taking turns')
  .option('--runs <number>', 'of each checkout', Number, 3)
  .option('--against <folder>', 'another checkout of Keelson')
  .action((options: BenchOptions) => bench(options));

program
  .command('test')
  .description('run all tests, or one part of them; arguments after the part go to vitest (or to go test)')
  .argument('[part]', partNames.join(', '))
  .argument('[arguments...]')
  .usage('[part] [arguments...]')
  .passThroughOptions()
  .allowUnknownOption()
  .action(async (part: string | undefined, args: string[]) => {
    if (!(await runTests(part, args))) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`\n${describeError(error)}\n`);
}
