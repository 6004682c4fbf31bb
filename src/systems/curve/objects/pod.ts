import type {
  V1Affinity,
  V1Container,
  V1Probe,
  V1SecurityContext,
  V1Toleration,
  V1VolumeMount,
} from '@kubernetes/client-node';
import { CLUSTER_ID_VARIABLE } from '../../cluster-mark.ts';
import type { CurveContext } from '../layout.ts';
import type { Volume } from './manifest.ts';

/** What the pods of daemons and Jobs have in common. */

/** Through the scheduler, which checks ports and resources; nodeName would go past it. */
export const onNodes = (nodes: readonly string[]): V1Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [...nodes] }] },
      ],
    },
  },
});

/**
 * A daemon can live nowhere but on its node, so it stays bound to it however long the node is away, and comes back under
 * pressure. Cordoned nodes are respected: a drain must end.
 */
export const STAYS_ON_NODE: V1Toleration[] = [
  'not-ready',
  'unreachable',
  'disk-pressure',
  'memory-pressure',
  'pid-pressure',
  'network-unavailable',
].map((taint) => ({ key: `node.kubernetes.io/${taint}`, operator: 'Exists' }));

/** Addresses of the node itself, no DNS, no credentials, no environment of services. */
export const POD_BASICS = {
  hostNetwork: true,
  dnsPolicy: 'Default',
  enableServiceLinks: false,
  automountServiceAccountToken: false,
} as const;

/**
 * Root, as the image's files belong to it, but with nothing else: no part of Curve on a mounted file system touches a
 * block device, so none is privileged (curve-operator's had to be, since they mounted by themselves).
 */
export const leastRights = (more: readonly string[] = []): V1SecurityContext => ({
  runAsUser: 0,
  privileged: false,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'FOWNER', ...more] },
});

interface ContainerParts {
  readonly name: string;
  readonly command: readonly string[];
  readonly volumeMounts: readonly V1VolumeMount[];
  /** CPU and memory asked for: small, since storage nodes often carry many daemons; never a limit. */
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly ports?: Readonly<Record<string, number>>;
  readonly probes?: Probes;
  readonly capabilities?: readonly string[];
}

interface Probes {
  readonly startupProbe?: V1Probe;
  readonly readinessProbe?: V1Probe;
  readonly livenessProbe?: V1Probe;
}

export const container = (context: CurveContext, parts: ContainerParts): V1Container => ({
  name: parts.name,
  image: context.image,
  imagePullPolicy: context.imagePullPolicy,
  command: [...parts.command],
  env: [{ name: CLUSTER_ID_VARIABLE, value: context.clusterId }],
  securityContext: leastRights(parts.capabilities),
  resources: { requests: { ...parts.requests } },
  terminationMessagePolicy: 'FallbackToLogsOnError',
  volumeMounts: [...parts.volumeMounts],
  // declared so that the scheduler sees clashes: on the host's network they are host ports
  ...(parts.ports === undefined ? {} : { ports: containerPorts(parts.ports) }),
  ...parts.probes,
});

const containerPorts = (ports: Readonly<Record<string, number>>) =>
  Object.entries(ports).map(([name, port]) => ({
    name,
    containerPort: port,
    hostPort: port,
    protocol: 'TCP',
  }));

/**
 * Asked every second until it first answers, so that nobody waits for a slow rhythm, and for as long as
 * `patienceSeconds` before the container is restarted; then in the usual rhythm.
 */
export function httpProbes(port: number, patienceSeconds: number): Probes {
  const httpGet = { path: '/health', port };
  return {
    startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: patienceSeconds },
    readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
    livenessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

export const hostFolder = (name: string, path: string): Volume => ({
  name,
  hostPath: { path, type: 'DirectoryOrCreate' },
});
