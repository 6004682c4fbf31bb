import type { Command } from 'commander';
import type { DeviceListAnswer, NodeAnswer } from '../../requests/answers/nodes.ts';
import { type Context, contextOf, printedAsData } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { deviceTable, nodeTable } from '../render/nodes.ts';
import type { Terminal } from '../terminal.ts';
import { mapConcurrently } from '../../concurrency/map-concurrently.ts';

export function nodesCommand(program: Command, terminal: Terminal): void {
  program
    .command('nodes')
    .summary('list nodes, and whether their node worker answers')
    .action(async (_flags: object, command: Command) => {
      const context = contextOf(command, terminal);
      const list = await context.api.json<{ items: readonly NodeAnswer[] }>('/v1/nodes');
      if (printedAsData(context, list)) return;
      terminal.out(
        nodeTable(list.items, { now: terminal.now(), wide: context.format === 'wide' }).join('\n'),
      );
    });
}

export function devicesCommand(program: Command, terminal: Terminal): void {
  program
    .command('devices')
    .summary('list the disks of the nodes, and why one cannot be used')
    .argument('[node]', 'name of a node; all nodes when left out')
    .addHelpText('after', '\nExamples:\n  keelson devices\n  keelson devices node1 -o wide')
    .action(async (node: string | undefined, _flags: object, command: Command) => {
      const context = contextOf(command, terminal);
      const { answers, failure } = await (node === undefined
        ? allDevices(context)
        : devicesOf(context, node));
      if (!printedAsData(context, node === undefined ? { items: answers } : answers[0])) {
        for (const { node: name, disks } of answers)
          if (disks.length === 0) terminal.err(`${name} has no disks`);
        if (answers.some(({ disks }) => disks.length > 0))
          terminal.out(deviceTable(answers, context.paint, context.format === 'wide').join('\n'));
      }
      if (failure !== undefined) throw failure;
    });
}

interface Found {
  readonly answers: readonly DeviceListAnswer[];
  /** Told after what the others answered. */
  readonly failure?: CliError;
}

/** More at the same moment would only wait for each other, and look silent. */
const NODES_AT_A_TIME = 16;

const devicesOf = async ({ api }: Context, node: string): Promise<Found> => ({
  answers: [await api.json<DeviceListAnswer>(`/v1/nodes/${encodeURIComponent(node)}/devices`)],
});

/** A node that does not answer keeps nobody from the disks of the others. */
async function allDevices(context: Context): Promise<Found> {
  const { items } = await context.api.json<{ items: readonly NodeAnswer[] }>('/v1/nodes');
  const asked = await mapConcurrently(items, NODES_AT_A_TIME, ({ name }) =>
    devicesOf(context, name).catch((err: unknown) => {
      if (err instanceof CliError) return err;
      throw err;
    }),
  );
  const answers = asked.flatMap((a) => (a instanceof CliError ? [] : a.answers));
  const refusals = asked.filter((a) => a instanceof CliError);
  const [first] = refusals;
  if (first === undefined) return { answers };
  return { answers, failure: new CliError(first.exitCode, refusals.map((r) => r.message).join('\n')) };
}
