import { describe, expect, test } from 'vitest';
import {
  accepted,
  changed,
  CLUSTER_ID,
  LEAST,
  layoutFor,
  SNAPSHOTS,
} from '../../../../test/support/curve-documents.ts';
import { TEMPLATES } from '../../../../test/support/curve-templates.ts';
import { CLUSTER_ID_VARIABLE } from '../../cluster-mark.ts';
import { ANNOTATION, LABEL } from '../../names.ts';
import { plannedObjects } from '../plan.ts';
import { chunkserverObjects } from './chunkserver.ts';
import { templatesObject, topologyObject } from './cluster.ts';
import { etcdObjects } from './etcd.ts';
import { formatJob, poolJob, templatesJob } from './jobs.ts';
import type { ConfigMap, Deployment, Job, Secret } from './manifest.ts';
import { mdsObjects } from './mds.ts';
import { s3File, s3Secret } from './s3.ts';
import { snapshotcloneObjects } from './snapshotclone.ts';

const disks = ['vdc', 'vdd'].map((name, i) => ({
  name: `/dev/${name}`,
  mountPath: `/data/chunkserver${i}`,
  percentage: 30,
}));
const document = changed(
  changed(LEAST, ['spec', 'snapShotClone'], SNAPSHOTS),
  ['spec', 'storage', 'devices'],
  disks,
);
const layout = layoutFor(accepted(document).spec);
const { context, storage } = layout;
const s3 = s3File(context, 'revision');

const lasting: readonly (ConfigMap | Secret | Deployment)[] = [
  templatesObject(context, TEMPLATES),
  topologyObject(context, layout),
  s3Secret(context, 's3.ak=ä\n'),
  ...etcdObjects(context, TEMPLATES),
  ...mdsObjects(context, TEMPLATES),
  ...storage.flatMap((node) => chunkserverObjects(context, node, TEMPLATES, s3)),
  ...snapshotcloneObjects(context, TEMPLATES, s3),
];
const isDeployment = (object: { kind?: string }): object is Deployment => object.kind === 'Deployment';
const deployments = lasting.filter(isDeployment);

const first = <T>(list: readonly T[]): T => {
  const [found] = list;
  if (found === undefined) throw new Error('the list is empty');
  return found;
};
const node = first(storage);
const disk = first(node.disks);
const jobs: readonly Job[] = [
  templatesJob(context, 1),
  formatJob(context, node, disk, 2),
  poolJob(context, layout, 'physical-pool', 1),
  poolJob(context, layout, 'logical-pool', 1),
];

const named = (name: string): Deployment => first(deployments.filter((d) => d.metadata?.name === name));
const podOf = (object: Deployment | Job) => {
  const pod = object.spec?.template.spec;
  if (pod === undefined || pod === null) throw new Error(`${object.metadata?.name} has no pod`);
  return pod;
};
const pods = [...deployments, ...jobs].map((object) => [object.metadata?.name ?? '', object] as const);

describe('the lasting objects', () => {
  test('are those of the plan', () => {
    const found = lasting.map((object) => `${object.kind} ${object.metadata?.name}`);
    const planned = plannedObjects(layout).objects.map(({ kind, name }) => `${kind} ${name}`);
    expect(planned.filter((name) => name !== 'ConfigMap my-keelson').toSorted()).toEqual(found.toSorted());
  });

  test('carry our labels, the namespace and no owner', () => {
    for (const { metadata } of [...lasting, ...jobs]) {
      expect(metadata?.labels).toMatchObject({ [LABEL.managedBy]: 'keelson', [LABEL.clusterId]: CLUSTER_ID });
      expect(metadata?.namespace).toBe('curve');
      expect(metadata).not.toHaveProperty('ownerReferences');
    }
  });

  test('keep S3 keys in a Secret alone', () => {
    const secret = first(lasting.filter((object): object is Secret => object.kind === 'Secret'));
    expect(Buffer.from(secret.data?.['s3.conf'] ?? '', 'base64').toString('utf8')).toBe('s3.ak=ä\n');
    expect(
      lasting.filter((object) => object !== secret && 'data' in object && 's3.conf' in (object.data ?? {})),
    ).toEqual([
      // the image's own, without values
      templatesObject(context, TEMPLATES),
    ]);
  });
});

describe('every pod', () => {
  test.each(pods)(
    'of %s uses the network of its node, no DNS, no credentials, no shell, and knows its cluster',
    (_, object) => {
      expect(podOf(object)).toMatchObject({
        hostNetwork: true,
        dnsPolicy: 'Default',
        enableServiceLinks: false,
        automountServiceAccountToken: false,
      });
      for (const container of [...podOf(object).containers, ...(podOf(object).initContainers ?? [])]) {
        expect(container.command?.[0]).not.toMatch(/sh$/);
        expect(container.securityContext).toMatchObject({
          privileged: false,
          allowPrivilegeEscalation: false,
        });
        expect(container.env).toEqual([{ name: CLUSTER_ID_VARIABLE, value: CLUSTER_ID }]);
        expect(container.image).toBe('curve2operator/curvebs:monitor-v1.2.6');
        expect(container.resources).not.toHaveProperty('limits');
      }
    },
  );

  test.each(pods)('of %s is bound by affinity and not by nodeName', (_, object) => {
    const terms =
      podOf(object).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
    expect(terms?.[0]?.matchExpressions?.[0]).toMatchObject({
      key: 'kubernetes.io/hostname',
      operator: 'In',
    });
    expect(podOf(object)).not.toHaveProperty('nodeName');
  });

  test.each(pods)('of %s mounts only volumes that it has, and has only those', (_, object) => {
    const { containers, initContainers = [], volumes = [] } = podOf(object);
    const mounted = [...containers, ...initContainers].flatMap(
      (c) => c.volumeMounts?.map((m) => m.name) ?? [],
    );
    expect(new Set(mounted)).toEqual(new Set(volumes.map((volume) => volume.name)));
  });

  test.each(pods)('of %s finds its configuration among our objects', (_, object) => {
    const sources = (podOf(object).volumes ?? []).flatMap((volume) => [
      ...(volume.configMap ? [volume.configMap.name] : []),
      ...(volume.projected?.sources ?? []).map((s) => s.configMap?.name ?? s.secret?.name),
    ]);
    const known = new Set(lasting.map((o) => o.metadata?.name));
    expect(sources.filter((name) => name !== undefined && !known.has(name))).toEqual([]);
  });
});

describe('every daemon', () => {
  test.each(deployments.map((d) => [d.metadata?.name ?? '', d] as const))(
    '%s is replaced, not doubled, and stays on its node',
    (_, deployment) => {
      expect(deployment.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
      const tolerated = podOf(deployment).tolerations ?? [];
      for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
        expect(tolerated).toContainEqual({ key, operator: 'Exists' });
      }
      expect(tolerated.some((t) => t.key === 'node.kubernetes.io/unschedulable')).toBe(false);
    },
  );

  test.each(deployments.map((d) => [d.metadata?.name ?? '', d] as const))(
    '%s is selected by labels of its pods',
    (_, deployment) => {
      const selected = deployment.spec?.selector.matchLabels ?? {};
      expect(Object.keys(selected)).toHaveLength(3);
      expect(deployment.spec?.template.metadata?.labels).toMatchObject(selected);
    },
  );

  test('is selected by no other', () => {
    const selectors = deployments.map((d) => JSON.stringify(d.spec?.selector.matchLabels));
    expect(new Set(selectors).size).toBe(deployments.length);
  });

  test('declares ports under names that Kubernetes accepts, none twice on a node', () => {
    const taken = deployments.flatMap((d) =>
      podOf(d).containers.flatMap((c) =>
        (c.ports ?? []).map((p) => `${d.metadata?.annotations?.[ANNOTATION.node]}:${p.hostPort}`),
      ),
    );
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken).toHaveLength(3 * (2 + 2 + 2 + 3));
  });
});

describe('etcd', () => {
  const etcd = named('my-etcd-b');

  test('keeps its data on the host, closed to others', () => {
    expect(podOf(etcd).volumes?.[0]).toEqual({
      name: 'data',
      hostPath: { path: '/curvebs/data/etcd-b', type: 'DirectoryOrCreate' },
    });
    expect(podOf(etcd).initContainers?.[0]?.command).toEqual(['chmod', '0700', '/curvebs/etcd/data']);
  });

  test('is Ready by its health, but not restarted for the lack of a quorum', () => {
    const [container] = podOf(etcd).containers;
    expect(container?.readinessProbe?.httpGet).toEqual({ path: '/health', port: 23790 });
    expect(container?.livenessProbe).not.toHaveProperty('httpGet');
  });
});

describe('mds and snapshotclone', () => {
  test.each([
    ['my-mds-a', 7700],
    ['my-snapshotclone-c', 8800],
  ])('%s is asked on its dummy port, since followers keep the other closed', (name, port) => {
    const [container] = podOf(named(name)).containers;
    for (const probe of [container?.startupProbe, container?.readinessProbe, container?.livenessProbe]) {
      expect(probe?.httpGet).toEqual({ path: '/health', port });
    }
  });

  test('every container says whose it is, for node workers that judge who holds a port', () => {
    for (const name of ['my-mds-a', 'my-snapshotclone-a']) {
      for (const { env } of podOf(named(name)).containers) {
        expect(env).toEqual([{ name: 'KEELSON_CLUSTER_ID', value: CLUSTER_ID }]);
      }
    }
  });

  test('mds has the configuration of the tools at hand', () => {
    expect(podOf(named('my-mds-a')).containers[0]?.volumeMounts).toContainEqual({
      name: 'tools',
      mountPath: '/etc/curve',
      readOnly: true,
    });
  });

  test('snapshotclone has its proxy beside it', () => {
    const [, proxy] = podOf(named('my-snapshotclone-a')).containers;
    expect(proxy?.command?.slice(0, 3)).toEqual([
      '/usr/sbin/nginx',
      '-c',
      '/curvebs/snapshotclone/conf/nginx.conf',
    ]);
    expect(proxy?.command?.at(-1)).toMatch(/^daemon off;/);
    expect(proxy?.readinessProbe?.tcpSocket?.port).toBe(8900);
  });
});

describe('a chunkserver', () => {
  const deployment = named('my-chunkserver-node1-vdd');
  const data = { name: 'data', hostPath: { path: '/data/chunkserver1/curve', type: 'Directory' } };

  test('does not start on the bare mount point', () => {
    expect(podOf(deployment).volumes).toContainEqual(data);
  });

  test('sees the disk where curve_format saw it', () => {
    const [second] = node.disks.slice(1);
    if (second === undefined) throw new Error('one disk only');
    const job = formatJob(context, node, second, 1);
    expect(podOf(job).volumes).toEqual([data]);
    const [mount] = podOf(job).containers[0]?.volumeMounts ?? [];
    expect(podOf(deployment).containers[0]?.volumeMounts).toContainEqual(mount);
  });

  test('gets every flag without which it dies', () => {
    const flags = new Set(
      (podOf(deployment).containers[0]?.command ?? []).map((arg) => /^-(\w+)=/.exec(arg)?.[1]),
    );
    for (const flag of [
      'chunkServerIp',
      'chunkServerPort',
      'chunkServerStoreUri',
      'chunkServerMetaUri',
      'copySetUri',
      'raftSnapshotUri',
      'raftLogUri',
      'recycleUri',
      'chunkFilePoolDir',
      'chunkFilePoolMetaPath',
      'walFilePoolDir',
      'walFilePoolMetaPath',
    ]) {
      expect(flags).toContain(flag);
    }
    expect(podOf(deployment).containers[0]?.command).toContain('-chunkServerPort=8201');
    expect(podOf(deployment).containers[0]?.command).toContain(
      '-copySetUri=local:///curvebs/chunkserver/data/copysets',
    );
  });
});

describe('configuration', () => {
  const configOf = (deployment: Deployment) =>
    deployment.spec?.template.metadata?.annotations?.[ANNOTATION.config];
  const mdsWith = (config: object) => {
    const { context: other } = layoutFor(accepted(changed(document, ['spec', 'mds'], { config })).spec);
    return mdsObjects(other, TEMPLATES).filter(isDeployment).map(configOf);
  };

  test('restarts a daemon when it changed', () => {
    expect(mdsWith({ 'mds.heartbeat.intervalMs': 1 })).not.toEqual(
      mdsWith({ 'mds.heartbeat.intervalMs': 2 }),
    );
  });

  test('restarts nobody when it is the same', () => {
    expect(mdsWith({})).toEqual(mdsWith({}));
  });

  test('restarts chunkservers when the S3 keys changed', () => {
    const [one, other] = ['a', 'b'].map((revision) =>
      first(chunkserverObjects(context, node, TEMPLATES, s3File(context, revision)).filter(isDeployment)),
    );
    expect(one && configOf(one)).not.toBe(other && configOf(other));
  });
});

describe('Jobs', () => {
  test.each(jobs.map((job) => [job.metadata?.name ?? '', job] as const))('%s runs once', (_, job) => {
    expect(job.spec).toMatchObject({ backoffLimit: 0, podReplacementPolicy: 'Failed' });
    expect(podOf(job).restartPolicy).toBe('Never');
  });

  test('curve_format has the attempt in its name, its place in its annotations and all flags', () => {
    const job = formatJob(context, node, disk, 2);
    expect(job.metadata?.name).toBe('my-format-node1-vdc-2');
    expect(job.metadata?.annotations).toMatchObject({
      [ANNOTATION.device]: '/dev/vdc',
      [ANNOTATION.attempt]: '2',
    });
    expect(podOf(job).containers[0]?.command).toEqual([
      '/curvebs/tools/sbin/curve_format',
      '-allocatePercent=30',
      '-fileSize=16777216',
      '-filePoolDir=/curvebs/chunkserver/data/chunkfilepool',
      '-filePoolMetaPath=/curvebs/chunkserver/data/chunkfilepool.meta',
      '-fileSystemPath=/curvebs/chunkserver/data/chunkfilepool',
    ]);
    expect(job.spec).not.toHaveProperty('activeDeadlineSeconds');
  });

  test('of pools have a deadline and run where the image is', () => {
    const job = poolJob(context, layout, 'logical-pool', 1);
    expect(job.spec?.activeDeadlineSeconds).toBeGreaterThan(0);
    expect(podOf(job).containers[0]?.command).toContain('-op=create_logicalpool');
    const term =
      podOf(job).affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0];
    expect(term?.matchExpressions?.[0]?.values).toEqual(['node1', 'node2', 'node3']);
  });

  test('of pools have another name for another map', () => {
    const more = layoutFor(
      accepted(changed(document, ['spec', 'storage', 'nodes'], ['node1', 'node2', 'node3', 'node4'])).spec,
    );
    const name = (job: Job) => job.metadata?.name;
    expect(name(poolJob(context, more, 'physical-pool', 1))).not.toBe(
      name(poolJob(context, layout, 'physical-pool', 1)),
    );
  });
});
