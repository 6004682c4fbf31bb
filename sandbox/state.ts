import { readFile, rename, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import type { Addresses } from './cluster/network.ts';
import { ports, s3Address, paths } from './settings.ts';

/** What one sandbox is from its first `up` to its `down`: addresses and secrets. Everything else is observed. */
export interface SandboxState {
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

export function newState(
  addresses: Addresses,
  before: Pick<SandboxState, 'sysctls' | 'namespacesWereMounted'>,
): SandboxState {
  return {
    createdAt: new Date().toISOString(),
    addresses,
    adminToken: secret(16),
    apiToken: secret(16),
    s3: { accessKey: secret(8), secretKey: secret(20) },
    ...before,
  };
}

export async function readState(): Promise<SandboxState | undefined> {
  const text = await readFile(paths.state, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as SandboxState);
}

export async function writeState(state: SandboxState): Promise<void> {
  await writeFile(`${paths.state}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  await rename(`${paths.state}.new`, paths.state);
}

/** Where things answer. */
export function endpoints(state: SandboxState) {
  const host = state.addresses.bridge;
  return {
    kubernetes: `https://${host}:${ports.kubernetes}`,
    temporal: `${host}:${ports.temporal}`,
    temporalUi: `http://${host}:${ports.temporalUi}`,
    s3: `http://${s3Address}:${ports.s3}`,
    etcd: `http://127.0.0.1:${ports.etcd}`,
    api: `http://127.0.0.1:${ports.api}`,
  } as const;
}
