import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { AcceptedAnswer } from '../../requests/answers/clusters.ts';
import type { PlanAnswer } from '../../requests/answers/nodes.ts';
import { type Context, contextOf, isData, printedAsData, timeoutOf } from '../context.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { planLines } from '../render/plan.ts';
import type { Terminal } from '../terminal.ts';
import { watchCluster } from '../watch.ts';

interface ApplyFlags {
  readonly filename: string;
  readonly force?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

export function applyCommand(program: Command, terminal: Terminal): void {
  program
    .command('apply')
    .summary('create or change a cluster from a manifest')
    .description(
      'Stores the manifest and starts the work. Applying the same manifest again joins the operation that runs.\n' +
        'kubectl apply does the same.',
    )
    .requiredOption('-f, --filename <file>', 'the manifest, YAML or JSON; - reads standard input')
    .option('--force', 'take over fields that somebody else, e.g. kubectl, has set')
    .option('--wait', 'show the phases until the cluster is Ready')
    .option(
      '--timeout <duration>',
      'with --wait: give up after this, e.g. 30m; 0 waits as long as it takes',
      '0',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  keelson apply -f cluster.yaml\n  keelson apply -f cluster.yaml --wait --timeout 30m\n  cat cluster.yaml | keelson apply -f -',
    )
    .action(async (flags: ApplyFlags, command: Command) => {
      const context = contextOf(command, terminal);
      const timeoutMs = timeoutOf(flags.timeout);
      const answer = await send<AcceptedAnswer>(context, flags.filename, {
        force: flags.force ? 'true' : undefined,
      });
      for (const warning of answer.warnings) terminal.err(`warning: ${warning}`);
      const [system = '', namespace = '', name = ''] = answer.id.split('/');
      if (!flags.wait) return printAccepted(context, answer, namespace, name);
      if (!isData(context.format)) terminal.out(acceptedLine(answer));
      const notBefore = { generation: answer.generation, operation: answer.operation };
      await watchCluster(context.api, { system, namespace, name }, terminal, {
        format: context.format,
        timeoutMs,
        notBefore,
      });
    });
}

export function planCommand(program: Command, terminal: Terminal): void {
  program
    .command('plan')
    .summary('show what an apply would do, and change nothing')
    .description('Looks at the real nodes and disks. Exit code 3 when the manifest could not be carried out.')
    .requiredOption('-f, --filename <file>', 'the manifest, YAML or JSON; - reads standard input')
    .addHelpText(
      'after',
      '\nExamples:\n  keelson plan -f cluster.yaml\n  keelson plan -f cluster.yaml -o wide',
    )
    .action(async (flags: { readonly filename: string }, command: Command) => {
      const context = contextOf(command, terminal);
      const plan = await send<PlanAnswer>(context, flags.filename, { dryRun: 'true' });
      if (!printedAsData(context, plan)) {
        for (const warning of plan.warnings) terminal.err(`warning: ${warning}`);
        terminal.out(planLines(plan, context.paint, context.format === 'wide').join('\n'));
      }
      if (!plan.possible) throw new CliError(EXIT.refused, '');
    });
}

async function send<T>(
  { api }: Context,
  filename: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<T> {
  const body = await read(filename);
  return api.json<T>('/v1/clusters', {
    method: 'POST',
    body,
    query,
    headers: { 'content-type': filename.endsWith('.json') ? 'application/json' : 'application/yaml' },
  });
}

async function read(filename: string): Promise<string> {
  if (filename === '-') return text(process.stdin);
  try {
    return await readFile(filename, 'utf8');
  } catch (err) {
    throw new CliError(
      EXIT.usage,
      `cannot read ${filename}: ${err instanceof Error ? err.message : String(err)}`,
    );
  }
}

const acceptedLine = (answer: AcceptedAnswer): string =>
  `${answer.id} accepted, operation ${answer.operation}`;

function printAccepted(context: Context, answer: AcceptedAnswer, namespace: string, name: string): void {
  if (printedAsData(context, answer)) return;
  context.terminal.out(acceptedLine(answer));
  context.terminal.err(`follow it: keelson watch ${name} -n ${namespace}`);
}
