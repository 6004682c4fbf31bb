import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { test } from 'vitest';
import { randomRound } from '../support/random-round.ts';
import { log } from '../support/sandbox.ts';

/** The same faults again: `KEELSON_SEEDS=<seed> npm test -- random`. */
const SEEDS = process.env['KEELSON_SEEDS']?.split(',') ?? [freshSeed(), freshSeed()];
/** Where each round that ended well is recorded, a line of JSON each. */
const RECORD = process.env['KEELSON_ROUNDS_FILE'];

test.each(SEEDS)(
  'random faults while a cluster is made, seed %s: Ready and true without a person',
  async (seed) => {
    const round = await randomRound(seed);
    log(`seed ${seed}: Ready and true after ${round.seconds} s, with ${round.faults.length} faults`);
    if (RECORD !== undefined) await appendFile(RECORD, `${JSON.stringify(round)}\n`);
  },
);

function freshSeed(): string {
  return randomUUID().slice(0, 8);
}
