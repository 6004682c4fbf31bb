/** What a process is told by its environment. Only this file and src/cli read it. */
export interface ProcessEnvironment {
  /** Who we are in logs, Events and the Temporal UI: the pod's name. */
  readonly identity: string;
  readonly logLevel: string;
  /** Which Kubernetes this process belongs to: ids and queues in Temporal begin with it. */
  readonly installation: string;
  /** Where /healthz, /readyz and /metrics are served. */
  readonly health: Address;
  /** Ready-made workflow bundle; absent in a checkout, where workflows are bundled at start. */
  readonly workflowBundle: string | undefined;
  /** Tests only: where activities announce themselves and wait before and after their effect. */
  readonly failpointUrl: string | undefined;
  /** Credentials for Kubernetes; absent inside a pod. */
  readonly kubeconfig: string | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What the control worker is told besides. */
export interface ControlEnvironment {
  /** Holds the id of this build; absent in a checkout, which has none. */
  readonly buildIdFile: string | undefined;
  /** Absent outside a pod of the chart. */
  readonly place: Place | undefined;
}

/** Where a control worker stands in the chart. */
export interface Place {
  readonly namespace: string;
  /** The Deployment it belongs to: one for each image. */
  readonly deployment: string;
  /** The ConfigMap in which the chart says which Deployment new work goes to. */
  readonly rollout: string;
}

/** What the API is told besides. */
export interface ApiEnvironment {
  readonly address: Address;
  readonly tokenFile: string;
  /** Address of the Temporal UI, without the namespace. */
  readonly temporalUi: string | undefined;
  /** Where the lease of the controller is. */
  readonly namespace: string;
}

/** What a node worker is told besides. */
export interface NodeEnvironment {
  readonly node: string;
  readonly hostRoot: string;
  readonly hostDev: string;
  readonly toolPath: string;
}

export const readEnvironment = (env: NodeJS.ProcessEnv, role: string): ProcessEnvironment => ({
  identity: env['POD_NAME'] ?? `${role}-${process.pid}`,
  logLevel: env['KEELSON_LOG_LEVEL'] ?? 'info',
  installation: installationIn(env),
  health: addressIn(env, 'KEELSON_HEALTH_ADDRESS', '127.0.0.1:0'),
  workflowBundle: env['KEELSON_WORKFLOW_BUNDLE'],
  failpointUrl: env['KEELSON_FAILPOINT_URL'],
  kubeconfig: env['KUBECONFIG'],
});

export const readControlEnvironment = (env: NodeJS.ProcessEnv): ControlEnvironment => {
  const deployment = env['KEELSON_DEPLOYMENT'];
  return {
    buildIdFile: env['KEELSON_BUILD_ID_FILE'],
    place:
      deployment === undefined
        ? undefined
        : {
            namespace: required(env, 'POD_NAMESPACE', 'the namespace of this pod'),
            deployment,
            rollout: required(env, 'KEELSON_ROLLOUT', 'the ConfigMap that names the wanted Deployment'),
          },
  };
};

export const readApiEnvironment = (env: NodeJS.ProcessEnv): ApiEnvironment => ({
  address: addressIn(env, 'KEELSON_API_ADDRESS', '127.0.0.1:8080'),
  tokenFile: required(env, 'KEELSON_API_TOKEN_FILE', 'a file with the token that callers must show'),
  temporalUi: env['KEELSON_TEMPORAL_UI'],
  namespace: env['POD_NAMESPACE'] ?? 'default',
});

export const readNodeEnvironment = (env: NodeJS.ProcessEnv): NodeEnvironment => ({
  node: required(env, 'NODE_NAME', 'the name of the node in Kubernetes'),
  hostRoot: (env['KEELSON_HOST_ROOT'] ?? '/host').replace(/\/$/, ''),
  hostDev: env['KEELSON_HOST_DEV'] ?? '/dev',
  toolPath: env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
});

/** A slash would make ids of two installations that read the same. */
function installationIn(env: NodeJS.ProcessEnv): string {
  const text = required(env, 'KEELSON_INSTALLATION', 'an id of this Kubernetes; the chart sets it');
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(text))
    throw new Error(
      `KEELSON_INSTALLATION: "${text}" should be up to 32 lower-case letters, digits and dashes`,
    );
  return text;
}

function addressIn(env: NodeJS.ProcessEnv, name: string, otherwise: string): Address {
  const text = env[name] ?? otherwise;
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || match === null)
    throw new Error(`${name}: "${text}" should read host:port, e.g. 0.0.0.0:8080`);
  return { host, port: Number(match[3]) };
}

function required(env: NodeJS.ProcessEnv, name: string, what: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: give it ${what}`);
  return value;
}
