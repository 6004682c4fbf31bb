import type { ChunkserverDisk, CurveContext, StorageNode } from '../layout.ts';
import { ANNOTATION, deviceSlug } from '../../names.ts';
import { names } from '../names.ts';
import { renderChunkserver, type Templates } from '../render.ts';
import { CHUNKSERVER_DATA, chunkserverData } from './chunkserver-data.ts';
import { daemon } from './deployment.ts';
import { configMap, metadata, type ConfigMap, type Deployment } from './manifest.ts';
import { container, hostFolder, httpProbes } from './pod.ts';
import type { S3File } from './s3.ts';

const CONF = '/curvebs/chunkserver/conf';

/** It registers with mds for up to 200 s and reads all its copysets before it opens its port. */
const PATIENCE_SECONDS = 1800;

/** Configuration and Deployment of every chunkserver of one node. */
export const chunkserverObjects = (
  context: CurveContext,
  node: StorageNode,
  templates: Templates,
  s3: S3File,
): readonly (ConfigMap | Deployment)[] =>
  node.disks.flatMap((disk) => objectsOf(context, node, disk, templates, s3));

function objectsOf(
  context: CurveContext,
  { node, ip, zone }: StorageNode,
  { device, mountPath, port }: ChunkserverDisk,
  templates: Templates,
  s3: S3File,
): readonly [ConfigMap, Deployment] {
  const cluster = context.operation.name;
  const name = names.chunkserver(cluster, node, device);
  const configName = names.chunkserverConfig(cluster, node, device);
  const files = renderChunkserver(templates, context, { node, ip, port });
  const deployment = daemon(context, {
    name,
    component: 'chunkserver',
    instance: name,
    node,
    ip,
    device,
    ports: { port },
    annotations: { [ANNOTATION.device]: device, [ANNOTATION.mountPath]: mountPath, [ANNOTATION.zone]: zone },
    configuration: [...Object.values(files), s3.revision],
    containers: [
      container(context, {
        name: 'chunkserver',
        command: ['/curvebs/chunkserver/sbin/curvebs-chunkserver', ...flags(ip, port)],
        ports: { service: port },
        requests: { cpu: '20m', memory: '128Mi' },
        probes: httpProbes(port, PATIENCE_SECONDS),
        volumeMounts: [
          { name: 'data', mountPath: CHUNKSERVER_DATA },
          { name: 'conf', mountPath: CONF, readOnly: true },
          { name: 'logs', mountPath: '/curvebs/chunkserver/logs' },
        ],
      }),
    ],
    volumes: [
      chunkserverData(context, mountPath),
      {
        name: 'conf',
        projected: { sources: [{ configMap: { name: configName } }, { secret: { name: s3.secretName } }] },
      },
      hostFolder('logs', `${context.hostDataDir}/logs/chunkserver-${deviceSlug(device)}`),
    ],
    graceSeconds: 60,
  });
  const meta = metadata(context, configName, { component: 'chunkserver', instance: name, node, device });
  return [configMap(meta, files), deployment];
}

/** Every one of these is needed: the daemon dies when one stands at its default (docs/curve.md#starting-a-chunkserver). */
function flags(ip: string, port: number): readonly string[] {
  const data = CHUNKSERVER_DATA;
  return [
    `-conf=${CONF}/chunkserver.conf`,
    '-enableExternalServer=false',
    `-chunkServerIp=${ip}`,
    `-chunkServerPort=${port}`,
    `-chunkServerExternalIp=${ip}`,
    `-chunkServerStoreUri=local://${data}`,
    `-chunkServerMetaUri=local://${data}/chunkserver.dat`,
    `-copySetUri=local://${data}/copysets`,
    `-raftLogUri=curve://${data}/copysets`,
    `-raftSnapshotUri=curve://${data}/copysets`,
    `-recycleUri=local://${data}/recycler`,
    // the folder of the data, not of the pool: the pool's own path stands in the meta file
    `-chunkFilePoolDir=${data}`,
    `-chunkFilePoolMetaPath=${data}/chunkfilepool.meta`,
    `-walFilePoolDir=${data}`,
    `-walFilePoolMetaPath=${data}/walfilepool.meta`,
    '-raft_sync=true',
    '-raft_sync_meta=true',
    '-raft_sync_segments=true',
    '-raft_max_segment_size=8388608',
    '-raft_max_install_snapshot_tasks_num=1',
    '-raft_use_fsync_rather_than_fdatasync=false',
    '-bthread_concurrency=18',
    '-graceful_quit_on_sigterm=true',
  ];
}
