import type { Command } from 'commander';
import type { AcceptedAnswer, ClusterDetail, ClusterSummary } from '../../requests/answers/clusters.ts';
import { contextOf, findCluster, printedAsData, timeoutOf } from '../context.ts';
import { stillPicture } from '../display.ts';
import { clusterTable } from '../render/cluster.ts';
import type { Terminal } from '../terminal.ts';
import { watchCluster } from '../watch.ts';

const NAMESPACE = [
  '-n, --namespace <namespace>',
  'namespace of the cluster; not needed while its name is the only one',
] as const;
const TIMEOUT = [
  '--timeout <duration>',
  'give up after this, e.g. 30m; 0 waits as long as it takes',
  '0',
] as const;

interface NamespaceFlag {
  readonly namespace?: string;
}

export function getCommand(program: Command, terminal: Terminal): void {
  program
    .command('get')
    .summary('list clusters, or show one with its phases')
    .argument('[name]', 'name of a cluster, or <system>/<name>')
    .option(...NAMESPACE)
    .addHelpText(
      'after',
      '\nExamples:\n  keelson get\n  keelson get -o wide\n  keelson get my-cluster\n  keelson get my-cluster -o json',
    )
    .action(async (name: string | undefined, flags: NamespaceFlag, command: Command) => {
      const context = contextOf(command, terminal);
      if (name !== undefined) {
        const cluster = await findCluster(context.api, name, flags.namespace);
        const detail = await context.api.json<ClusterDetail>(
          `/v1/clusters/${cluster.system}/${cluster.namespace}/${cluster.name}`,
        );
        if (!printedAsData(context, detail)) terminal.out(stillPicture(terminal, detail).join('\n'));
        return;
      }
      const query = { namespace: flags.namespace };
      const list = await context.api.json<{ items: readonly ClusterSummary[] }>('/v1/clusters', { query });
      if (printedAsData(context, list)) return;
      if (list.items.length === 0) {
        terminal.err(
          `no clusters${flags.namespace === undefined ? '' : ` in namespace ${flags.namespace}`}; make one: keelson apply -f <file>`,
        );
        return;
      }
      terminal.out(
        clusterTable(list.items, { now: terminal.now(), wide: context.format === 'wide' }).join('\n'),
      );
    });
}

export function watchCommand(program: Command, terminal: Terminal): void {
  program
    .command('watch')
    .summary('follow a cluster until it is Ready or failed')
    .description(
      'Repaints the phases on a terminal; prints a line for each change when the output goes elsewhere; with -o json ' +
        'one event a line, with -o yaml one document each.\nEnds with 0 when the cluster is Ready, 1 when its operation failed.',
    )
    .argument('<name>', 'name of a cluster, or <system>/<name>')
    .option(...NAMESPACE)
    .option(...TIMEOUT)
    .addHelpText(
      'after',
      '\nExamples:\n  keelson watch my-cluster\n  keelson watch my-cluster --timeout 30m | tee build.log',
    )
    .action(async (name: string, flags: NamespaceFlag & { readonly timeout: string }, command: Command) => {
      const { api, format } = contextOf(command, terminal);
      const timeoutMs = timeoutOf(flags.timeout);
      await watchCluster(api, await findCluster(api, name, flags.namespace), terminal, { format, timeoutMs });
    });
}

export function retryCommand(program: Command, terminal: Terminal): void {
  program
    .command('retry')
    .summary('try the newest operation of a cluster again')
    .description(
      'Goes on where it stopped: what is done is found and skipped. While an operation runs, it is joined.',
    )
    .argument('<name>', 'name of a cluster, or <system>/<name>')
    .option(...NAMESPACE)
    .option('--wait', 'show the phases until the cluster is Ready')
    .option(...TIMEOUT)
    .addHelpText('after', '\nExamples:\n  keelson retry my-cluster\n  keelson retry my-cluster --wait')
    .action(
      async (
        name: string,
        flags: NamespaceFlag & { readonly wait?: boolean; readonly timeout: string },
        command: Command,
      ) => {
        const context = contextOf(command, terminal);
        const { api, format } = context;
        const timeoutMs = timeoutOf(flags.timeout);
        const cluster = await findCluster(api, name, flags.namespace);
        const path = `/v1/clusters/${cluster.system}/${cluster.namespace}/${cluster.name}`;
        // Named, so that two people who see the same failure start one operation.
        const { operation } = await api.json<ClusterDetail>(path);
        const query = { operation: operation?.id };
        const answer = await api.json<AcceptedAnswer>(`${path}/retry`, { method: 'POST', query });
        if (flags.wait) {
          const notBefore = { generation: answer.generation, operation: answer.operation };
          await watchCluster(api, cluster, terminal, { format, timeoutMs, notBefore });
          return;
        }
        if (printedAsData(context, answer)) return;
        terminal.out(`${answer.id} goes on, operation ${answer.operation}`);
        terminal.err(`follow it: keelson watch ${cluster.name} -n ${cluster.namespace}`);
      },
    );
}
