/** What the chart promises: rendered with helm, and looked at as Kubernetes will. */
import { resolve } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { tools } from '../../sandbox/tools/tools.ts';
import { paths } from '../../sandbox/settings.ts';

const chart = resolve(import.meta.dirname, '../../deploy/chart');
const temporal = 'temporal.address=temporal.example:7233';

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPropagation?: string }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly automountServiceAccountToken?: boolean;
  readonly data?: Readonly<Record<string, string>>;
  readonly rules?: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  readonly subjects?: readonly { readonly name: string }[];
  readonly spec?: {
    readonly selector: unknown;
    readonly template: {
      readonly spec: {
        readonly containers: readonly Container[];
        readonly volumes: readonly Readonly<Record<string, unknown>>[];
        readonly [field: string]: unknown;
      };
    };
  };
}

/** The options of helm template without a cluster: its own idea of one is too old for the chart. */
const OFFLINE = [
  ...['--namespace', 'keelson-system', '--kube-version', '1.30.0'],
  // Taken from the cluster where there is one.
  ...['--set', 'installation=ab12cd34'],
];

const helm = (...args: string[]) =>
  execa(tools.helm, ['template', 'keelson', chart, ...OFFLINE, ...args], {
    reject: false,
  });

async function render(...settings: string[]): Promise<Manifest[]> {
  const result = await helm(...[temporal, ...settings].flatMap((setting) => ['--set', setting]));
  expect(result.stderr).toBe('');
  return parseAllDocuments(result.stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

const find = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`the chart renders no ${kind} ${name}`);
  return found;
};

/** The Deployment of the control worker is one for each image. */
const workload = (manifests: readonly Manifest[], component: string): Manifest =>
  find(
    manifests,
    component === 'node' ? 'DaemonSet' : 'Deployment',
    component === 'control'
      ? (find(manifests, 'ConfigMap', 'keelson-control').data?.['deployment'] ?? '')
      : `keelson-${component}`,
  );

const podOf = (manifest: Manifest) => {
  const pod = manifest.spec?.template.spec;
  const container = pod?.containers[0];
  if (pod === undefined || container === undefined)
    throw new Error(`${manifest.metadata.name} has no container`);
  return { pod, container };
};

let manifests: Manifest[];
beforeAll(async () => {
  manifests = await render();
});

describe('the node worker', () => {
  test('has no way into the cluster', () => {
    const { pod } = podOf(find(manifests, 'DaemonSet', 'keelson-node'));
    expect(pod['automountServiceAccountToken']).toBe(false);
    expect(find(manifests, 'ServiceAccount', 'keelson-node').automountServiceAccountToken).toBe(false);
    expect(JSON.stringify(pod.volumes)).not.toContain('serviceAccountToken');
    const bound = manifests.flatMap(({ subjects }) => subjects ?? []).map(({ name }) => name);
    expect(bound).not.toContain('keelson-node');
  });

  test('is privileged on the host, with mounts that reach it', () => {
    const { pod, container } = podOf(find(manifests, 'DaemonSet', 'keelson-node'));
    expect(pod).toMatchObject({
      hostNetwork: true,
      hostPID: true,
      priorityClassName: 'system-node-critical',
    });
    expect(pod.containers).toHaveLength(1);
    expect(container.securityContext).toMatchObject({ privileged: true, readOnlyRootFilesystem: true });
    expect(container.volumeMounts.find(({ name }) => name === 'host')?.mountPropagation).toBe(
      'Bidirectional',
    );
  });

  test('runs on every node, whatever its taints, and takes one port', () => {
    const { pod, container } = podOf(find(manifests, 'DaemonSet', 'keelson-node'));
    expect(pod['tolerations']).toEqual([{ operator: 'Exists' }]);
    expect(container.ports).toEqual([{ name: 'health', containerPort: 9465 }]);
  });

  test.for([
    ['temporal-frontend.temporal.svc:7233', 'ClusterFirstWithHostNet'],
    ['10.0.0.1:7233', 'Default'],
  ] as const)('finds Temporal at %s with DNS policy %s', async ([address, policy]) => {
    const { pod } = podOf(find(await render(`temporal.address=${address}`), 'DaemonSet', 'keelson-node'));
    expect(pod['dnsPolicy']).toBe(policy);
  });
});

describe.for(['api', 'control'])('the %s', (component) => {
  test('can do nothing to its node', () => {
    const { pod, container } = podOf(workload(manifests, component));
    expect(pod['securityContext']).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(JSON.stringify(pod.volumes)).not.toContain('hostPath');
  });

  test('leaves a lost node after 5 s, and runs on a cluster of one node', () => {
    const { pod } = podOf(workload(manifests, component));
    for (const taint of ['not-ready', 'unreachable'])
      expect(pod['tolerations']).toContainEqual({
        key: `node.kubernetes.io/${taint}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 5,
      });
    expect(JSON.stringify(pod['affinity'])).not.toContain('required');
    expect(find(manifests, 'PodDisruptionBudget', `keelson-${component}`).spec).toMatchObject({
      maxUnavailable: 1,
    });
  });
});

describe('the roles', () => {
  const rules = () => manifests.flatMap((manifest) => manifest.rules ?? []);

  test('name what they allow', () => {
    expect(rules().flatMap(({ resources, verbs }) => [...resources, ...verbs])).not.toContain('*');
  });

  test('never list Secrets', () => {
    const verbs = rules()
      .filter(({ resources }) => resources.includes('secrets'))
      .flatMap((rule) => rule.verbs);
    expect(verbs).not.toContain('list');
    expect(verbs).not.toContain('watch');
  });

  test('delete nothing but Jobs, and workers of their own namespace', () => {
    const deleted = manifests.flatMap(({ kind, rules = [] }) =>
      rules
        .filter(({ verbs }) => verbs.some((verb) => verb.startsWith('delete')))
        .flatMap(({ resources }) => resources.map((resource) => `${kind}: ${resource}`)),
    );
    expect(deleted).toEqual(['ClusterRole: jobs', 'Role: deployments']);
  });
});

test('each image has control workers of its own, which pick nothing of the others', async () => {
  const other = await render('image.tag=another');
  const [one, two] = [workload(manifests, 'control'), workload(other, 'control')];
  expect(one.metadata.name).not.toBe(two.metadata.name);
  const selectors = [one, two].map(({ spec }) => JSON.stringify(spec?.selector));
  expect(selectors[0]).not.toBe(selectors[1]);
});

test('the new image replays what is open before anything is upgraded, unless that is switched off', async () => {
  const { metadata } = find(manifests, 'Job', 'keelson-replay');
  expect(metadata).toMatchObject({ annotations: { 'helm.sh/hook': 'pre-upgrade,pre-rollback' } });
  const { pod, container } = podOf(find(manifests, 'Job', 'keelson-replay'));
  expect(pod['automountServiceAccountToken']).toBe(false);
  expect(container.env.map(({ name }) => name)).toContain('TEMPORAL_ADDRESS');
  const without = await render('replay.enabled=false');
  expect(without.filter(({ kind }) => kind === 'Job')).toEqual([]);
});

test('no process is told to hold', () => {
  const names = manifests
    .filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet')
    .flatMap((manifest) => podOf(manifest).container.env.map(({ name }) => name));
  expect(names).toContain('TEMPORAL_ADDRESS');
  expect(names.filter((name) => /HOLD/i.test(name))).toEqual([]);
});

test('mTLS, a private authority and an API key reach every process', async () => {
  const secured = await render(
    'temporal.tls.enabled=true',
    'temporal.tls.clientSecret=temporal-client',
    'temporal.tls.caSecret=temporal-ca',
    'temporal.apiKeySecret=temporal-key',
  );
  for (const component of ['api', 'control', 'node']) {
    const { pod, container } = podOf(workload(secured, component));
    expect(pod.volumes).toContainEqual({
      name: 'temporal-client',
      secret: { secretName: 'temporal-client' },
    });
    expect(container.env).toContainEqual({
      name: 'TEMPORAL_TLS_CLIENT_CERT_PATH',
      value: '/etc/keelson/temporal-client/tls.crt',
    });
    expect(container.env).toContainEqual({
      name: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
      value: '/etc/keelson/temporal-ca/ca.crt',
    });
    expect(container.env).toContainEqual({
      name: 'TEMPORAL_API_KEY',
      valueFrom: { secretKeyRef: { name: 'temporal-key', key: 'apiKey' } },
    });
  }
});

test('the API token is the given one, one of your own Secret, or random', async () => {
  const given = find(await render('api.auth.token=0123456789abcdef'), 'Secret', 'keelson-api-token');
  expect(Buffer.from(given.data?.['token'] ?? '', 'base64').toString()).toBe('0123456789abcdef');
  const own = await render('api.auth.existingSecret=mine');
  expect(own.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  const random = find(manifests, 'Secret', 'keelson-api-token').data?.['token'] ?? '';
  expect(Buffer.from(random, 'base64').toString()).toMatch(/^[A-Za-z0-9]{40}$/);
});

test.for([
  ['a missing address of Temporal', [], 'temporal.address is required'],
  ['an address with a scheme', ['temporal.address=http://t:7233'], 'temporal/address'],
  ['a value that does not exist', [temporal, 'api.replica=3'], "additional properties 'replica' not allowed"],
  ['a token that can be guessed', [temporal, 'api.auth.token=secret'], 'api/auth/token'],
] as const)('%s is refused in words', async ([, settings, words]) => {
  const { failed, stderr } = await helm(...settings.flatMap((setting) => ['--set', setting]));
  expect(failed).toBe(true);
  expect(stderr).toContain(words);
});

test('the CurveCluster definition survives an uninstall', () => {
  const definition = find(manifests, 'CustomResourceDefinition', 'curveclusters.operator.curve.io');
  expect(definition.metadata).toMatchObject({ annotations: { 'helm.sh/resource-policy': 'keep' } });
});

test('the API server knows every field', async () => {
  const { stdout } = await helm('--set', temporal);
  const kubectl = [tools.kubectl, '--kubeconfig', paths.kubeconfig] as const;
  // Names of its own, and a namespace that exists: nothing is changed.
  const input = stdout
    .replaceAll('keelson-system', 'default')
    .replaceAll(/\bkeelson-(api|control|node)/g, 'chart-test-$1');
  const result = await execa(
    kubectl[0],
    [
      ...kubectl.slice(1),
      'apply',
      '--server-side',
      '--force-conflicts',
      '--dry-run=server',
      '--validate=strict',
      '-f',
      '-',
    ],
    {
      input,
      reject: false,
    },
  );
  expect(result.stderr).toBe('');
  expect(result.stdout).toContain('daemonset.apps/chart-test-node serverside-applied (server dry run)');
});
