import type { CurveContext, EtcdMember } from '../layout.ts';
import { names } from '../names.ts';
import { renderEtcd, type Templates } from '../render.ts';
import { daemon } from './deployment.ts';
import { configMap, metadata, type ConfigMap, type Deployment } from './manifest.ts';
import { container, hostFolder } from './pod.ts';
import { daemonData } from '../places.ts';

const DATA = '/curvebs/etcd/data';
const CONF = '/curvebs/etcd/conf';

/** Configuration and Deployment of every member. They are created together: one alone never becomes healthy. */
export const etcdObjects = (
  context: CurveContext,
  templates: Templates,
): readonly (ConfigMap | Deployment)[] =>
  context.etcd.flatMap((member) => objectsOf(context, member, renderEtcd(templates, context, member)));

function objectsOf(
  context: CurveContext,
  member: EtcdMember,
  conf: string,
): readonly [ConfigMap, Deployment] {
  const { id, node, ip, peerPort, clientPort } = member;
  const cluster = context.operation.name;
  const configName = names.daemonConfig(cluster, 'etcd', id);
  const data = { name: 'data', mountPath: DATA };
  const deployment = daemon(context, {
    name: names.daemon(cluster, 'etcd', id),
    component: 'etcd',
    instance: id,
    node,
    ip,
    ports: { peerPort, clientPort },
    configuration: [conf],
    // the kubelet makes the folder readable for everybody, and etcd complains about it
    initContainers: [
      container(context, {
        name: 'close-data',
        command: ['chmod', '0700', DATA],
        requests: { cpu: '5m', memory: '16Mi' },
        volumeMounts: [data],
      }),
    ],
    containers: [
      container(context, {
        name: 'etcd',
        command: ['/curvebs/etcd/sbin/etcd', `--config-file=${CONF}/etcd.conf`],
        ports: { peer: peerPort, client: clientPort },
        requests: { cpu: '20m', memory: '64Mi' },
        volumeMounts: [data, { name: 'conf', mountPath: CONF, readOnly: true }],
        probes: {
          // false without a quorum: right for readiness, but a restart would not bring the quorum back
          readinessProbe: {
            httpGet: { path: '/health', port: clientPort },
            periodSeconds: 2,
            timeoutSeconds: 3,
          },
          livenessProbe: {
            tcpSocket: { port: peerPort },
            periodSeconds: 10,
            timeoutSeconds: 5,
            failureThreshold: 6,
          },
        },
      }),
    ],
    volumes: [
      hostFolder('data', daemonData(context, `etcd-${id}`)),
      { name: 'conf', configMap: { name: configName } },
    ],
    graceSeconds: 30,
  });
  const meta = metadata(context, configName, { component: 'etcd', instance: id, node });
  return [configMap(meta, { 'etcd.conf': conf }), deployment];
}
