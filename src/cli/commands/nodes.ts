import type { Command } from 'commander';
import type { DeviceListAnswer, NodeAnswer } from '../../api/answers/nodes.ts';
import { contextOf, printedAsData } from '../context.ts';
import { deviceTable, nodeTable } from '../render/nodes.ts';
import type { Terminal } from '../terminal.ts';

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
    .summary('list the disks of a node, and why one cannot be used')
    .argument('<node>', 'name of a node')
    .addHelpText('after', '\nExamples:\n  keelson devices node1\n  keelson devices node1 -o wide')
    .action(async (node: string, _flags: object, command: Command) => {
      const context = contextOf(command, terminal);
      const list = await context.api.json<DeviceListAnswer>(`/v1/nodes/${encodeURIComponent(node)}/devices`);
      if (printedAsData(context, list)) return;
      if (list.disks.length === 0) terminal.err(`${node} has no disks`);
      else terminal.out(deviceTable(list, context.paint, context.format === 'wide').join('\n'));
    });
}
