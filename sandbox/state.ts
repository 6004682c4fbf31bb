import { readFile, rename, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import type { Addresses } from './cluster/network.ts';
import { ports, s3Address, state } from './settings.ts';

/** What one sandbox is from its first `up` to its `down`: addresses and secrets. Everything else is observed. */
export interface Facts {
  readonly createdAt: string;
  readonly addresses: Addresses;
  readonly adminToken: string;
  readonly apiToken: string;
  readonly s3: { readonly accessKey: string; readonly secretKey: string };
  /** sysctls that were raised, with the values to put back. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Whether network namespaces had their folder before the sandbox's: then it is not for `down` to remove. */
  readonly namespacesWereMounted: boolean;
}

function secret(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

export function newFacts(
  addresses: Addresses,
  before: Pick<Facts, 'sysctls' | 'namespacesWereMounted'>,
): Facts {
  return {
    createdAt: new Date().toISOString(),
    addresses,
    adminToken: secret(16),
    apiToken: secret(16),
    s3: { accessKey: secret(8), secretKey: secret(20) },
    ...before,
  };
}

export async function readFacts(): Promise<Facts | undefined> {
  const text = await readFile(state.facts, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Facts);
}

export async function writeFacts(facts: Facts): Promise<void> {
  await writeFile(`${state.facts}.new`, JSON.stringify(facts, null, 2), { mode: 0o600 });
  await rename(`${state.facts}.new`, state.facts);
}

/** Where things answer. */
export function endpoints(facts: Facts) {
  const host = facts.addresses.bridge;
  return {
    kubernetes: `https://${host}:${ports.kubernetes}`,
    temporal: `${host}:${ports.temporal}`,
    temporalUi: `http://${host}:${ports.temporalUi}`,
    s3: `http://${s3Address}:${ports.s3}`,
    etcd: `http://127.0.0.1:${ports.etcd}`,
    api: `http://127.0.0.1:${ports.api}`,
  } as const;
}
