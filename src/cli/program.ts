import { Command, Option } from 'commander';
import { applyCommand, planCommand } from './commands/apply.ts';
import { getCommand, retryCommand, watchCommand } from './commands/clusters.ts';
import { completionCommand } from './commands/completion.ts';
import { devicesCommand, nodesCommand } from './commands/nodes.ts';
import { DEFAULT_SERVER } from './config.ts';
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const TEACH = `
A first cluster:
  keelson nodes                          which nodes there are, and whether they answer
  keelson devices node1                  which disks could be used, and why others cannot
  keelson plan -f cluster.yaml           what would be done, from the real nodes; changes nothing
  keelson apply -f cluster.yaml --wait   do it, and watch
  keelson watch my-cluster               watch again, from anywhere

When something is stuck, "keelson get <name>" says what it waits for; when it failed, correct the cause and
"keelson retry <name>": what is done is found and skipped.

Environment:
  KEELSON_SERVER       address of the API (${DEFAULT_SERVER})
  KEELSON_TOKEN        its token
  KEELSON_TOKEN_FILE   a file that holds the token
  NO_COLOR             no colours

${EXIT_CODES_HELP}`;

/** The whole command line. Nothing here ends the process: commands throw, main.ts ends. */
export function createProgram(terminal: Terminal, version: string): Command {
  const program = new Command('keelson')
    .description('Provisions storage on Kubernetes with durable workflows.')
    .version(version, '-V, --version')
    .option('--server <address>', 'address of the API')
    .option('--token <token>', 'token of the API; better: KEELSON_TOKEN or --token-file')
    .option('--token-file <file>', 'file that holds the token')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'wide', 'json', 'yaml']))
    .addHelpText('after', TEACH)
    .showSuggestionAfterError()
    .showHelpAfterError('(keelson --help shows how)')
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .exitOverride();
  applyCommand(program, terminal);
  planCommand(program, terminal);
  getCommand(program, terminal);
  watchCommand(program, terminal);
  retryCommand(program, terminal);
  nodesCommand(program, terminal);
  devicesCommand(program, terminal);
  completionCommand(program, terminal);
  return program;
}

/** Commander's own refusals, as our exit codes; asking for help is none. */
export const exitCodeOf = (commanderCode: number): number => (commanderCode === 0 ? EXIT.ok : EXIT.usage);
