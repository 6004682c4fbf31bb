import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Kube } from '../../src/kube/client.ts';
import { PooledKubeConfig, loadKubeConfig } from '../../src/kube/config.ts';
import { create, remove } from '../../src/kube/objects.ts';
import { NAMESPACES } from '../../src/kube/resources.ts';

/**
 * Credentials for the sandbox's API server, or for another one that KEELSON_TEST_KUBECONFIG names. There is no skip:
 * without any, these tests fail and say what to start.
 */
export async function sandboxKubeConfig(): Promise<PooledKubeConfig> {
  const other = process.env['KEELSON_TEST_KUBECONFIG'];
  if (other !== undefined) return loadKubeConfig(other);
  const { stdout } = await promisify(execFile)(process.execPath, [
    'sandbox/start.mjs',
    'status',
    '-o',
    'json',
  ]);
  const status = JSON.parse(stdout) as { running: boolean; kubeconfig: string };
  if (!status.running) throw new Error('the sandbox does not run: start it with "npm run sandbox -- up"');
  return loadKubeConfig(status.kubeconfig);
}

export interface TestNamespace {
  readonly kube: Kube;
  readonly config: PooledKubeConfig;
  readonly namespace: string;
  /** Deletes the namespace with everything in it. */
  readonly end: () => Promise<void>;
}

/** A namespace of its own for one test file. */
export async function testNamespace(prefix: string): Promise<TestNamespace> {
  const config = await sandboxKubeConfig();
  const kube = new Kube(config);
  const namespace = `${prefix}-${randomBytes(4).toString('hex')}`;
  await create(kube, NAMESPACES, {
    metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
  });
  return { kube, config, namespace, end: () => remove(kube, NAMESPACES, { name: namespace }) };
}

/** The same credentials, with the API server reached through a relay on loopback. */
export function throughProxy(config: PooledKubeConfig, port: number): PooledKubeConfig {
  const other = new PooledKubeConfig();
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if (!cluster || !user) throw new Error('kubeconfig without cluster or user');
  other.loadFromClusterAndUser({ ...cluster, server: `https://127.0.0.1:${port}` }, user);
  return other;
}
