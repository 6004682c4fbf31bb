import type { CurveContext, MdsInstance } from '../layout.ts';
import { names } from '../names.ts';
import { renderMds, renderTools, type Templates } from '../render.ts';
import { daemon } from './deployment.ts';
import { configMap, metadata, type ConfigMap, type Deployment } from './manifest.ts';
import { container, hostFolder, httpProbes } from './pod.ts';
import { daemonData } from '../places.ts';

const CONF = '/curvebs/mds/conf';

/** mds gives up on an etcd that does not answer after five seconds; a slow start is none of ours. */
const PATIENCE_SECONDS = 60;

/** tools.conf for whoever calls Curve's tools, then configuration and Deployment of every instance. */
export const mdsObjects = (
  context: CurveContext,
  templates: Templates,
): readonly (ConfigMap | Deployment)[] => [
  toolsConfig(context, templates),
  ...context.mds.flatMap((mds) => objectsOf(context, mds, renderMds(templates, context, mds))),
];

export const toolsConfig = (context: CurveContext, templates: Templates): ConfigMap =>
  configMap(metadata(context, names.tools(context.operation.name), { component: 'tools' }), {
    'tools.conf': renderTools(templates, context),
  });

function objectsOf(context: CurveContext, mds: MdsInstance, conf: string): readonly [ConfigMap, Deployment] {
  const { id, node, ip, port, dummyPort } = mds;
  const { hostDataDir, operation } = context;
  const configName = names.daemonConfig(operation.name, 'mds', id);
  const deployment = daemon(context, {
    name: names.daemon(operation.name, 'mds', id),
    component: 'mds',
    instance: id,
    node,
    ip,
    ports: { port, dummyPort },
    // without tools.conf: the daemon does not read it
    configuration: [conf],
    containers: [
      container(context, {
        name: 'mds',
        command: ['/curvebs/mds/sbin/curvebs-mds', `--confPath=${CONF}/mds.conf`],
        ports: { service: port, dummy: dummyPort },
        requests: { cpu: '20m', memory: '64Mi' },
        // a follower keeps its service port closed, so everything is asked on the dummy port
        probes: httpProbes(dummyPort, PATIENCE_SECONDS),
        volumeMounts: [
          { name: 'conf', mountPath: CONF, readOnly: true },
          { name: 'data', mountPath: '/curvebs/mds/data' },
          { name: 'logs', mountPath: '/curvebs/mds/logs' },
          // curve_ops_tool is called in this pod
          { name: 'tools', mountPath: '/etc/curve', readOnly: true },
        ],
      }),
    ],
    volumes: [
      { name: 'conf', configMap: { name: configName } },
      { name: 'tools', configMap: { name: names.tools(operation.name) } },
      hostFolder('data', daemonData(context, `mds-${id}`)),
      hostFolder('logs', `${hostDataDir}/logs/mds-${id}`),
    ],
    graceSeconds: 20,
  });
  const meta = metadata(context, configName, { component: 'mds', instance: id, node });
  return [configMap(meta, { 'mds.conf': conf }), deployment];
}
