import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { endpoints, type SandboxState } from '../state.ts';
import { nodeNames, paths } from '../settings.ts';
import { run } from '../machine/run.ts';

/**
 * One certificate authority; certificates only where Kubernetes takes nothing else. People and components show tokens,
 * which are easier to read in a configuration file and cost nothing to make.
 */
export const pki = {
  ca: `${paths.pki}/ca.crt`,
  caKey: `${paths.pki}/ca.key`,
  apiServer: `${paths.pki}/apiserver`,
  /** What the API server shows to kubelets. */
  kubeletClient: `${paths.pki}/kubelet-client`,
  serviceAccountKey: `${paths.pki}/service-account.key`,
  serviceAccountPublic: `${paths.pki}/service-account.pub`,
  tokens: `${paths.pki}/tokens.csv`,
} as const;

/** Who may speak to the API server, and as what. */
function identities(): { user: string; groups: string[] }[] {
  return [
    { user: 'admin', groups: ['system:masters'] },
    { user: 'system:kube-controller-manager', groups: [] },
    { user: 'system:kube-scheduler', groups: [] },
    { user: 'system:kube-proxy', groups: [] },
    ...nodeNames.map((node) => ({ user: `system:node:${node}`, groups: ['system:nodes'] })),
  ];
}

function tokenOf(state: SandboxState, user: string): string {
  return user === 'admin' ? state.adminToken : `${state.adminToken}-${user.replaceAll(':', '-')}`;
}

export async function createPki(state: SandboxState): Promise<void> {
  await mkdir(paths.pki, { recursive: true, mode: 0o700 });
  if (
    await access(pki.tokens).then(
      () => true,
      () => false,
    )
  )
    return;
  const newKey = (file: string) =>
    run(['openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file]);
  await newKey(pki.caKey);
  await run([
    'openssl',
    'req',
    '-x509',
    '-new',
    '-key',
    pki.caKey,
    '-days',
    '3650',
    '-subj',
    '/CN=keelson-sandbox',
    '-out',
    pki.ca,
  ]);
  const sign = async (base: string, subject: string, extensions: string) => {
    await newKey(`${base}.key`);
    await run(['openssl', 'req', '-new', '-key', `${base}.key`, '-subj', subject, '-out', `${base}.csr`]);
    await writeFile(`${base}.ext`, extensions);
    await run([
      'openssl',
      'x509',
      '-req',
      '-in',
      `${base}.csr`,
      '-CA',
      pki.ca,
      '-CAkey',
      pki.caKey,
      '-CAcreateserial',
      '-days',
      '3650',
      '-extfile',
      `${base}.ext`,
      '-out',
      `${base}.crt`,
    ]);
  };
  const { bridge, kubernetesService } = state.addresses;
  const names = 'DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost';
  await sign(
    pki.apiServer,
    '/CN=kube-apiserver',
    `subjectAltName=${names},IP:${bridge},IP:${kubernetesService},IP:127.0.0.1\n`,
  );
  await sign(
    pki.kubeletClient,
    '/O=system:masters/CN=kube-apiserver-kubelet-client',
    'extendedKeyUsage=clientAuth\n',
  );
  await newKey(pki.serviceAccountKey);
  await run(['openssl', 'ec', '-in', pki.serviceAccountKey, '-pubout', '-out', pki.serviceAccountPublic]);
  await writeFile(paths.kubeconfig, await kubeconfig(state, 'admin'), { mode: 0o600 });
  for (const { user } of identities()) {
    await writeFile(kubeconfigOf(user), await kubeconfig(state, user), { mode: 0o600 });
  }
  // Last, because its presence says that everything before it is complete.
  const rows = identities().map(
    ({ user, groups }) => `${tokenOf(state, user)},${user},${user},"${groups.join(',')}"`,
  );
  await writeFile(pki.tokens, `${rows.join('\n')}\n`, { mode: 0o600 });
}

export function kubeconfigOf(user: string): string {
  return `${paths.pki}/${user.replaceAll(':', '-')}.kubeconfig`;
}

async function kubeconfig(state: SandboxState, user: string): Promise<string> {
  const ca = await readFile(pki.ca);
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'sandbox',
        cluster: { server: endpoints(state).kubernetes, 'certificate-authority-data': ca.toString('base64') },
      },
    ],
    users: [{ name: user, user: { token: tokenOf(state, user) } }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user } }],
    'current-context': 'sandbox',
  });
}
