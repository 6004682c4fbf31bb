import { CLUSTER_ID_VARIABLE } from '../../cluster-mark.ts';
import type { CurveContext, SnapshotcloneInstance } from '../layout.ts';
import { names } from '../names.ts';
import { renderSnapshotclone, type Templates } from '../render.ts';
import { daemon } from './deployment.ts';
import { configMap, metadata, type ConfigMap, type Deployment } from './manifest.ts';
import { container, hostFolder, httpProbes } from './pod.ts';
import type { S3File } from './s3.ts';

const CONF = '/curvebs/snapshotclone/conf';
const PATIENCE_SECONDS = 60;

/** nginx starts as root and becomes another user for its workers. */
const NGINX_RIGHTS = ['CHOWN', 'SETGID', 'SETUID', 'NET_BIND_SERVICE'];

/** Configuration and Deployment of every instance, each with its proxy as a second container. */
export const snapshotcloneObjects = (
  context: CurveContext,
  templates: Templates,
  s3: S3File,
): readonly (ConfigMap | Deployment)[] =>
  context.snapshotclone.flatMap((instance) =>
    objectsOf(context, instance, renderSnapshotclone(templates, context, instance), s3),
  );

function objectsOf(
  context: CurveContext,
  instance: SnapshotcloneInstance,
  files: Readonly<Record<string, string>>,
  s3: S3File,
): readonly [ConfigMap, Deployment] {
  const { id, node, ip, port, dummyPort, proxyPort } = instance;
  const { hostDataDir, operation } = context;
  const configName = names.daemonConfig(operation.name, 'snapshotclone', id);
  const mark = `${CLUSTER_ID_VARIABLE}=${context.clusterId}`;
  const volumeMounts = [
    { name: 'conf', mountPath: CONF, readOnly: true },
    { name: 'logs', mountPath: '/curvebs/snapshotclone/logs' },
  ];
  const deployment = daemon(context, {
    name: names.daemon(operation.name, 'snapshotclone', id),
    component: 'snapshotclone',
    instance: id,
    node,
    ip,
    ports: { port, dummyPort, proxyPort },
    configuration: [...Object.values(files), s3.revision],
    containers: [
      container(context, {
        name: 'snapshotclone',
        command: ['/curvebs/snapshotclone/sbin/curvebs-snapshotclone', `--conf=${CONF}/snapshotclone.conf`],
        ports: { service: port, dummy: dummyPort },
        requests: { cpu: '10m', memory: '64Mi' },
        // a standby keeps its service port closed and is healthy all the same
        probes: httpProbes(dummyPort, PATIENCE_SECONDS),
        volumeMounts,
      }),
      container(context, {
        name: 'proxy',
        // nginx writes its title over its environment; in the title this setting stays readable
        command: ['/usr/sbin/nginx', '-c', `${CONF}/nginx.conf`, '-g', `daemon off; env ${mark};`],
        ports: { proxy: proxyPort },
        requests: { cpu: '5m', memory: '16Mi' },
        capabilities: NGINX_RIGHTS,
        probes: {
          readinessProbe: { tcpSocket: { port: proxyPort }, periodSeconds: 2 },
          livenessProbe: { tcpSocket: { port: proxyPort }, periodSeconds: 10, failureThreshold: 6 },
        },
        volumeMounts,
      }),
    ],
    volumes: [
      {
        name: 'conf',
        projected: { sources: [{ configMap: { name: configName } }, { secret: { name: s3.secretName } }] },
      },
      hostFolder('logs', `${hostDataDir}/logs/snapshotclone-${id}`),
    ],
    graceSeconds: 30,
  });
  const meta = metadata(context, configName, { component: 'snapshotclone', instance: id, node });
  return [configMap(meta, files), deployment];
}
