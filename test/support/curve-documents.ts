import { curveRef } from './curve-ids.ts';
import { readCluster } from '../../src/systems/curve/read.ts';
import { type CurveLayout, layoutOf, nodesOf } from '../../src/systems/curve/layout.ts';
import type { Reading } from '../../src/systems/system.ts';
import type { CurveClusterSpec } from '../../src/systems/curve/spec.ts';

type Accepted = Extract<Reading<CurveClusterSpec>, { readonly ok: true }>;

/** A document with the values of curve-operator's sample manifest (docs/curve.md#the-curvecluster-resource). */
export const SAMPLE = `
apiVersion: operator.curve.io/v1
kind: CurveCluster
metadata:
  name: curvebs-cluster-cloud
  namespace: curve
spec:
  curveVersion:
    image: curve2operator/curvebs:monitor-v1.2.6
    imagePullPolicy: IfNotPresent
  nodes: [node1, node2, node3]
  hostDataDir: /curvebs
  etcd: {peerPort: 23800, clientPort: 23790}
  mds: {port: 6700, dummyPort: 7700}
  storage:
    useSelectedNodes: false
    nodes: [node1, node2, node3]
    port: 8200
    copySets: 100
    devices:
    - {name: /dev/vdc, mountPath: /data/chunkserver0, percentage: 30}
    - {name: /dev/vdd, mountPath: /data/chunkserver1, percentage: 30}
    - {name: /dev/vde, mountPath: /data/chunkserver2, percentage: 30}
  snapShotClone:
    enable: false
    port: 5555
    dummyPort: 8800
    proxyPort: 8900
    s3Config:
      ak: <>
      sk: <>
      nosAddress: <>
      bucketName: <>
  monitor:
    enable: false
    monitorHost: node1
    nodeExporter: {containerImage: 'prom/node-exporter:latest', listenPort: 9100}
    prometheus:
      containerImage: prom/prometheus:latest
      dataDir: /tmp/monitor/prometheus
      listenPort: 9090
      retentionTime: 7d
      retentionSize: 256GB
    grafana:
      containerImage: grafana/grafana:latest
      dataDir: /tmp/monitor/grafana
      listenPort: 3000
      userName: admin
      passWord: curve
`;

/** The least that a document must have. */
export const LEAST = {
  apiVersion: 'operator.curve.io/v1',
  kind: 'CurveCluster',
  metadata: { name: 'my', namespace: 'curve' },
  spec: {
    curveVersion: { image: 'curve2operator/curvebs:monitor-v1.2.6' },
    nodes: ['node1', 'node2', 'node3'],
    hostDataDir: '/curvebs',
    storage: {
      nodes: ['node1', 'node2', 'node3'],
      devices: [{ name: '/dev/vdc', mountPath: '/data/chunkserver0' }],
    },
  },
};

/** S3 as the rules want it. */
export const SNAPSHOTS = {
  enable: true,
  s3Config: { nosAddress: 'http://10.0.0.5:9000', bucketName: 'snapshots', secretRef: { name: 'curve-s3' } },
};

type Tree = { [key: string]: unknown };

/** A copy with the value at this path replaced; `undefined` removes it. Numbers are places in lists. */
export function changed(document: object, path: readonly (string | number)[], value: unknown): Tree {
  const copy = structuredClone(document) as Tree;
  let at = copy;
  for (const part of path.slice(0, -1)) at = (at[part] ??= {}) as Tree;
  const last = String(path.at(-1));
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return copy;
}

/** Reads a document that breaks no rule. */
export function accepted(document: object): Accepted {
  const reading = readCluster(document);
  if (!reading.ok) throw new Error(JSON.stringify(reading.violations, undefined, 2));
  return reading;
}

export const CLUSTER_ID = '6f2a4c1e-0d5b-4d6e-9a51-2f6f3f1d2a10';

/** The layout of a spec on nodes with the addresses 10.0.0.11, 10.0.0.12, … */
export function layoutFor(spec: CurveClusterSpec, name = 'my'): CurveLayout {
  const addresses = Object.fromEntries(
    nodesOf(spec).map((node, i) => [node, `10.0.${Math.floor(i / 200)}.${11 + (i % 200)}`]),
  );
  const operation = { ...curveRef(name), uid: 'u', generation: 1, attempt: 1 };
  return layoutOf({ operation, clusterId: CLUSTER_ID, spec, addresses });
}
