import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from './cluster.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { inKeelson } from './failpoint-wiring.ts';
import type { Sandbox } from './sandbox.ts';
import { blankSandbox } from './stage.ts';

/** The example, and what counts as evidence. */
const MADE_OF = [
  '../../examples/curve-cluster.yaml',
  ...['evidence', 'evidence-disks', 'evidence-mds', 'evidence-objects'].map((name) => `${name}.ts`),
];

/**
 * What an undisturbed run of the example ends as. Kept in a file that carries in its name what it was made of: the
 * image that is deployed, the example and the kinds of evidence; so the first test that needs it makes it, and it is never an old one.
 */
export async function reference(): Promise<Evidence> {
  const box = await blankSandbox();
  const path = await pathOf(box);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Evidence;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const cluster = await Cluster.example(box);
  await cluster.prepare();
  await cluster.apply();
  await cluster.ready();
  const evidence = await evidenceOf(box, cluster);
  await keepReference(box, evidence);
  return evidence;
}

/** Called by the test of the undisturbed run, which makes it anyway. */
export async function keepReference(box: Sandbox, evidence: Evidence): Promise<void> {
  await writeFile(await pathOf(box), JSON.stringify(evidence, undefined, 2));
}

async function pathOf(box: Sandbox): Promise<string> {
  const images = await inKeelson(box, 'get', 'deployments', '-o', 'jsonpath={..image}');
  const madeOf = createHash('sha256').update(images).update(box.status.bridge.address);
  for (const file of MADE_OF) madeOf.update(await readFile(new URL(file, import.meta.url), 'utf8'));
  return join(tmpdir(), `keelson-e2e-reference-${madeOf.digest('hex').slice(0, 16)}.json`);
}
