import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { SandboxState } from '../state.ts';
import { nodeAddress, podRangeOf } from './network.ts';
import { kubeconfigOf, pki } from './pki.ts';
import { paths, type NodeName } from '../settings.ts';

/** The pause image that holds a pod's namespaces; imported into every node. */
export const pauseImage = 'localhost/pause:1';

const containerd = `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # The sandbox may itself run where oom_score_adj cannot be lowered.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
`;

/** Pods hang on point-to-point links, so that all of their traffic, also to a neighbour, passes the node's rules. */
function cni(state: SandboxState, node: NodeName): string {
  const conflist = {
    cniVersion: '0.4.0',
    name: 'sandbox',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podRangeOf(state.addresses, node) }]],
          routes: [{ dst: '0.0.0.0/0' }],
          // Addresses given before a power cut are free again after it.
          dataDir: '/run/cni-addresses',
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  return JSON.stringify(conflist, null, 2);
}

function kubelet(): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: '/etc/sandbox/ca.crt' },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    resolvConf: '/etc/resolv.conf',
    // There is no registry to pull from: an image that was collected as garbage would be gone for good.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // All nodes share one disk with the machine; its fill level says nothing about them.
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '200Mi',
      'imagefs.available': '200Mi',
      'nodefs.inodesFree': '1%',
    },
    // Daemons that die because a dependency is absent are to be back as soon as it is there.
    crashLoopBackOff: { maxContainerRestartPeriod: '2s' },
    featureGates: { KubeletCrashLoopBackOffMax: true },
    nodeStatusUpdateFrequency: '5s',
    nodeLeaseDurationSeconds: 10,
    serializeImagePulls: false,
    maxPods: 200,
  });
}

function kubeProxy(state: SandboxState): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: '/etc/sandbox/kube-proxy.kubeconfig' },
    clusterCIDR: state.addresses.podRange,
    // These belong to the machine, not to a network namespace.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    // A changed Service is to work when its rollout has ended, not a second later.
    iptables: { minSyncPeriod: '100ms' },
  });
}

export function nodeFolder(node: NodeName): string {
  return `${paths.nodes}/${node}`;
}

/** What is written here is the same at every start of the node. */
export async function writeNodeConfig(state: SandboxState, node: NodeName): Promise<void> {
  const folder = nodeFolder(node);
  for (const name of ['upper', 'work', 'root', 'kubelet', 'log', 'config']) {
    await mkdir(`${folder}/${name}`, { recursive: true });
  }
  const config = `${folder}/config`;
  await writeFile(`${config}/containerd.toml`, containerd);
  await writeFile(`${config}/cni.conflist`, cni(state, node));
  await writeFile(`${config}/kubelet.yaml`, kubelet());
  await writeFile(`${config}/kube-proxy.yaml`, kubeProxy(state));
  await writeFile(`${config}/hosts`, `127.0.0.1 localhost\n${nodeAddress(state.addresses, node)} ${node}\n`);
  await copyFile(pki.ca, `${config}/ca.crt`);
  await copyFile(kubeconfigOf(`system:node:${node}`), `${config}/kubelet.kubeconfig`);
  await copyFile(kubeconfigOf('system:kube-proxy'), `${config}/kube-proxy.kubeconfig`);
}
