/** What a process is told by its environment. Only this folder and src/cli read it. */
export interface ProcessEnvironment {
  /** Who we are in logs, Events and the Temporal UI: the pod's name. */
  readonly identity: string;
  readonly logLevel: string;
  /** Where /healthz, /readyz and /metrics are served. */
  readonly health: { readonly host: string; readonly port: number };
  /** Ready-made workflow bundle; absent in a checkout, where workflows are bundled at start. */
  readonly workflowBundle: string | undefined;
  /** Tests only: where activities announce themselves and wait before and after their effect. */
  readonly failpointUrl: string | undefined;
  /** Credentials for Kubernetes; absent inside a pod. */
  readonly kubeconfig: string | undefined;
}

export function readEnvironment(env: NodeJS.ProcessEnv, role: string): ProcessEnvironment {
  return {
    identity: env['POD_NAME'] ?? `${role}-${process.pid}`,
    logLevel: env['KEELSON_LOG_LEVEL'] ?? 'info',
    health: addressIn(env['KEELSON_HEALTH_ADDRESS'] ?? '127.0.0.1:0'),
    workflowBundle: env['KEELSON_WORKFLOW_BUNDLE'],
    failpointUrl: env['KEELSON_FAILPOINT_URL'],
    kubeconfig: env['KUBECONFIG'],
  };
}

function addressIn(text: string): { readonly host: string; readonly port: number } {
  const found = /^(.+):(\d{1,5})$/.exec(text);
  if (!found)
    throw new Error(`KEELSON_HEALTH_ADDRESS should read host:port, e.g. 0.0.0.0:8080; it is "${text}"`);
  return { host: found[1] ?? '', port: Number(found[2]) };
}
