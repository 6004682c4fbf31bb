#!/usr/bin/env node
import { CommanderError } from 'commander';
import about from '../../package.json' with { type: 'json' };
import { CliError } from './exit-codes.ts';
import { createProgram, exitCodeOf } from './program.ts';
import { processTerminal } from './terminal.ts';

/** The `keelson` command: speaks HTTP with the API, and nothing else. */
async function main(): Promise<number> {
  const terminal = processTerminal();
  try {
    await createProgram(terminal, about.version).parseAsync();
    return 0;
  } catch (err) {
    if (err instanceof CommanderError) return exitCodeOf(err.exitCode);
    if (!(err instanceof CliError)) throw err;
    if (err.message !== '') terminal.err(err.message);
    return err.exitCode;
  }
}

// A reader that has seen enough (| head) closes the pipe: no error.
process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (err.code === 'EPIPE') process.exit(0);
  throw err;
});
process.exitCode = await main();
