import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
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
    .requiredOption('-f, --filename <file>', 'one or several manifests, YAML or JSON; - reads standard input')
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
      const accepted = answersOf(answer);
      for (const warning of accepted.flatMap((a) => a.warnings)) terminal.err(`warning: ${warning}`);
      if (!flags.wait) return printAccepted(context, answer);
      for (const each of accepted) if (!isData(context.format)) terminal.out(acceptedLine(each));
      for (const { id, generation, operation } of accepted) {
        await watchCluster(context.api, refOf(id), terminal, {
          format: context.format,
          timeoutMs,
          notBefore: { generation, operation },
        });
      }
    });
}

export function planCommand(program: Command, terminal: Terminal): void {
  program
    .command('plan')
    .summary('show what an apply would do, and change nothing')
    .description('Looks at the real nodes and disks. Exit code 3 when the manifest could not be carried out.')
    .requiredOption('-f, --filename <file>', 'one or several manifests, YAML or JSON; - reads standard input')
    .addHelpText(
      'after',
      '\nExamples:\n  keelson plan -f cluster.yaml\n  keelson plan -f cluster.yaml -o wide',
    )
    .action(async (flags: { readonly filename: string }, command: Command) => {
      const context = contextOf(command, terminal);
      const answer = await send<PlanAnswer>(context, flags.filename, { dryRun: 'true' });
      const plans = answersOf(answer);
      if (!printedAsData(context, answer)) {
        for (const warning of plans.flatMap((p) => p.warnings)) terminal.err(`warning: ${warning}`);
        const texts = plans.map((plan) =>
          planLines(plan, context.paint, context.format === 'wide').join('\n'),
        );
        terminal.out(texts.join('\n\n'));
      }
      if (plans.some((plan) => !plan.possible)) throw new CliError(EXIT.refused, '');
    });
}

/** A file with several manifests is answered by a list. */
type OneOrAll<T> = T | { readonly items: readonly T[] };

const answersOf = <T extends object>(answer: OneOrAll<T>): readonly T[] =>
  'items' in answer ? answer.items : [answer];

async function send<T>(
  { api }: Context,
  filename: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<OneOrAll<T>> {
  const body = await read(filename);
  return api.json<OneOrAll<T>>('/v1/clusters', {
    method: 'POST',
    body,
    query,
    headers: { 'content-type': filename.endsWith('.json') ? 'application/json' : 'application/yaml' },
  });
}

/** As it is: the API reads its encoding. */
async function read(filename: string): Promise<Uint8Array<ArrayBuffer>> {
  if (filename === '-') return Uint8Array.from(await buffer(process.stdin));
  try {
    return Uint8Array.from(await readFile(filename));
  } catch (err) {
    throw new CliError(
      EXIT.usage,
      `cannot read ${filename}: ${err instanceof Error ? err.message : String(err)}`,
    );
  }
}

const acceptedLine = (answer: AcceptedAnswer): string =>
  `${answer.id} accepted, operation ${answer.operation}`;

const refOf = (id: string): { system: string; namespace: string; name: string } => {
  const [system = '', namespace = '', name = ''] = id.split('/');
  return { system, namespace, name };
};

function printAccepted(context: Context, answer: OneOrAll<AcceptedAnswer>): void {
  if (printedAsData(context, answer)) return;
  for (const each of answersOf(answer)) {
    const { namespace, name } = refOf(each.id);
    context.terminal.out(acceptedLine(each));
    context.terminal.err(`follow it: keelson watch ${name} -n ${namespace}`);
  }
}
