import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from './cluster.ts';
import { isWhole } from './ending.ts';
import { evidenceOf } from './evidence.ts';
import { Invariants } from './invariants.ts';
import { apiServerRestart, Choice, RANDOM_FAULTS, type Struck } from './random-faults.ts';
import { log, type Sandbox } from './sandbox.ts';
import { blankSandbox } from './stage.ts';

const FEWEST_FAULTS = 5;
const MOST_FAULTS = 8;

/** Faults begin within these of each other, and are healed after these: a create takes a minute without them. */
const LONGEST_GAP_MS = 9_000;
const LONGEST_OUTAGE_MS = 15_000;

/** From the last heal on. A lost node is found after 20 s, and daemons that died often wait a minute in Kubernetes. */
const READY_AFTER_HEALING_MS = 420_000;

export interface Round {
  readonly seed: string;
  readonly faults: readonly string[];
  readonly seconds: number;
}

/**
 * A cluster is made while things die at random moments. Everything is healed; nobody helps the operation. Fails unless
 * it gets Ready, and probes that share nothing with the product agree.
 */
export async function randomRound(seed: string): Promise<Round> {
  const choice = new Choice(seed);
  const box = await blankSandbox();
  const cluster = await Cluster.example(box);
  await cluster.prepare();
  const invariants = new Invariants(box, cluster);
  const began = Date.now();
  await cluster.apply();
  const watch = remembering(invariants);
  let faults: readonly string[];
  try {
    faults = await strike(box, choice);
    await cluster.ready(READY_AFTER_HEALING_MS);
  } finally {
    await watch.stop();
  }
  isWhole(await evidenceOf(box, cluster));
  await invariants.verifyAfterRandomFaults();
  return { seed, faults, seconds: Math.round((Date.now() - began) / 1_000) };
}

async function strike(box: Sandbox, choice: Choice): Promise<readonly string[]> {
  const count = FEWEST_FAULTS + choice.below(MOST_FAULTS - FEWEST_FAULTS + 1);
  const whenApiServer = choice.below(count);
  const faults: string[] = [];
  const heals: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    await delay(choice.below(LONGEST_GAP_MS));
    const fault = i === whenApiServer ? apiServerRestart : choice.of(RANDOM_FAULTS);
    const struck = await struckBy(() => fault(box, choice));
    log(struck.what);
    faults.push(struck.what);
    if (struck.heal) heals.push(healed(struck.heal, choice.below(LONGEST_OUTAGE_MS)));
  }
  await Promise.all(heals);
  log('everything is healed');
  return faults;
}

/** While the API server is away the tests' own questions fail as well: then this fault is another outage. */
async function struckBy(fault: () => Promise<Struck>): Promise<Struck> {
  try {
    return await fault();
  } catch (error) {
    return { what: `could not strike: ${String(error).split('\n')[0] ?? ''}` };
  }
}

async function healed(heal: () => Promise<void>, afterMs: number): Promise<void> {
  await delay(afterMs);
  await heal();
}

/** Puts a canary into each file system as soon as it is there, until it is stopped. */
function remembering(invariants: Invariants): { readonly stop: () => Promise<void> } {
  const over = new AbortController();
  const running = (async (): Promise<void> => {
    do {
      await invariants.remember();
      await delay(500, undefined, { signal: over.signal }).catch(() => undefined);
    } while (!over.signal.aborted);
    await invariants.remember();
  })();
  running.catch(() => undefined); // thrown by stop
  return {
    stop: () => {
      over.abort();
      return running;
    },
  };
}
