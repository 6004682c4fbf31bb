import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tools } from '../../../sandbox/tools/tools.ts';
import { readBody } from '../../../src/api/body.ts';
import { mapConcurrently } from '../../../src/concurrency/map-concurrently.ts';
import { admit } from '../../../src/requests/admission.ts';
import { storeManifest } from '../../../src/requests/store.ts';
import { SYSTEMS } from '../../../src/systems/registry.ts';
import { type ApiServer, makeNamespace, startApiServer } from '../../support/api-server.ts';
import { oddFiles } from '../../support/odd-files.ts';

/** The same file by kubectl and by HTTP, into the same kube-apiserver: one meaning, or two refusals. */
let server: ApiServer;
let folder: string;
beforeAll(async () => {
  server = await startApiServer();
  await makeNamespace(server, 'curve');
  folder = await mkdtemp(`${tmpdir()}/keelson-documents-`);
});
afterAll(async () => {
  await server.end();
  await rm(folder, { recursive: true, force: true });
});

const run = promisify(execFile);

/** Specs in the order of the file, or the refusal. */
type Answer = { readonly specs: readonly unknown[] } | { readonly refused: string };

async function byKubectl(file: string): Promise<Answer> {
  const { host, port } = server.address;
  const args = [
    ...['--server', `https://${host}:${port}`, '--token', 'test-admin', '--insecure-skip-tls-verify'],
    ...['apply', '--server-side', '--dry-run=server', '-o', 'json', '-f', file],
  ];
  try {
    const { stdout } = await run(tools.kubectl, args, { env: { HOME: folder } });
    const { items, ...one } = JSON.parse(stdout) as { items?: readonly { spec: unknown }[]; spec?: unknown };
    return { specs: (items ?? [one]).map(({ spec }) => spec) };
  } catch (err) {
    return { refused: (err as { stderr?: string }).stderr ?? String(err) };
  }
}

async function byHttp(bytes: Uint8Array): Promise<Answer> {
  try {
    const specs: unknown[] = [];
    for (const { value } of readBody(bytes)) {
      const sent = admit(SYSTEMS, value);
      const stored = await storeManifest(server.kube, sent, value, { force: false, dryRun: true });
      specs.push(stored['spec']);
    }
    return { specs };
  } catch (err) {
    return { refused: err instanceof Error ? err.message : String(err) };
  }
}

test('odd files mean the same to kubectl and to HTTP, or are refused by both', async () => {
  const files = oddFiles();
  expect(files.length).toBeGreaterThanOrEqual(100);
  const compared = await mapConcurrently([...files.entries()], 3, async ([i, odd]) => {
    const { what, bytes, onlyWeRefuse = false } = odd;
    const file = `${folder}/${i}.yaml`;
    await writeFile(file, bytes);
    const [theirs, ours] = [await byKubectl(file), await byHttp(bytes)];
    return { what, theirs, ours, onlyWeRefuse };
  });
  const different = compared.filter(({ theirs, ours, onlyWeRefuse }) => {
    if (onlyWeRefuse) return !('refused' in ours);
    if ('refused' in theirs || 'refused' in ours) return 'refused' in theirs !== 'refused' in ours;
    return !isDeepStrictEqual(theirs.specs, ours.specs);
  });
  expect(different.map(({ what, theirs, ours }) => [what, theirs, ours])).toEqual([]);
  // A test of refusals alone would prove little.
  expect(compared.filter(({ ours }) => 'specs' in ours).length).toBeGreaterThan(60);
}, 180_000);
