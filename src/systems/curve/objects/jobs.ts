import type { V1Affinity, V1Container } from '@kubernetes/client-node';
import type { ChunkserverDisk, CurveContext, StorageNode } from '../layout.ts';
import { ANNOTATION } from '../../names.ts';
import { type ComponentLabels, componentLabels, names } from '../names.ts';
import { CHUNK_BYTES } from '../pool.ts';
import { READ_TEMPLATES } from '../templates.ts';
import { clusterMap, type MapLayout, renderMap } from '../topology.ts';
import { CHUNKSERVER_DATA, chunkserverData } from './chunkserver-data.ts';
import { type Job, metadata, type Volume } from './manifest.ts';
import { container, onNodes, POD_BASICS, STAYS_ON_NODE } from './pod.ts';

/** Ended Jobs stay for a day, for people who want to read their log; nothing is decided from them. */
const KEPT_SECONDS = 24 * 3600;

/** Longest time for the tools. create_logicalpool has no timeout of its own and can wait for ever (docs/curve.md#creating-the-logical-pool). */
const DEADLINE_SECONDS = { templates: 300, 'physical-pool': 600, 'logical-pool': 1800 } as const;

interface JobParts {
  readonly name: string;
  readonly labels: ComponentLabels;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly affinity: V1Affinity;
  /** Absent: as long as it takes. */
  readonly deadlineSeconds?: number;
  readonly staysOnNode?: boolean;
  readonly container: V1Container;
  readonly volumes: readonly Volume[];
}

/** Runs once: whether and when to try again is decided by what the run left behind, not by Kubernetes. */
function job(context: CurveContext, parts: JobParts): Job {
  const { operation, clusterId } = context;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(context, parts.name, parts.labels, parts.annotations),
    spec: {
      backoffLimit: 0,
      // a pod that is only being terminated may still run: it counts when it is gone
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: KEPT_SECONDS,
      ...(parts.deadlineSeconds === undefined ? {} : { activeDeadlineSeconds: parts.deadlineSeconds }),
      template: {
        metadata: { labels: componentLabels(operation, clusterId, parts.labels) },
        spec: {
          ...POD_BASICS,
          restartPolicy: 'Never',
          affinity: parts.affinity,
          ...(parts.staysOnNode === true ? { tolerations: [...STAYS_ON_NODE] } : {}),
          containers: [parts.container],
          volumes: [...parts.volumes],
        },
      },
    },
  };
}

const controlNodes = (context: CurveContext): V1Affinity => onNodes(context.mds.map((mds) => mds.node));

/** Prints the templates of the image; templates.ts reads its log. */
export const templatesJob = (context: CurveContext, attempt: number): Job =>
  job(context, {
    name: names.templatesJob(context.operation.name, context.image, attempt),
    labels: { component: 'templates' },
    annotations: { [ANNOTATION.attempt]: String(attempt) },
    affinity: controlNodes(context),
    deadlineSeconds: DEADLINE_SECONDS.templates,
    container: container(context, {
      name: 'read',
      command: READ_TEMPLATES,
      requests: { cpu: '5m', memory: '16Mi' },
      volumeMounts: [],
    }),
    volumes: [],
  });

/** Fills one disk with chunks. Exit 0 proves nothing: the node worker counts afterwards (docs/curve.md#filling-a-disk). */
export function formatJob(
  context: CurveContext,
  { node }: StorageNode,
  disk: ChunkserverDisk,
  attempt: number,
): Job {
  const { device, mountPath, percentage } = disk;
  const pool = `${CHUNKSERVER_DATA}/chunkfilepool`;
  return job(context, {
    name: names.formatJob(context.operation.name, node, device, attempt),
    labels: { component: 'format', node, device },
    annotations: {
      [ANNOTATION.node]: node,
      [ANNOTATION.device]: device,
      [ANNOTATION.attempt]: String(attempt),
    },
    affinity: onNodes([node]),
    staysOnNode: true,
    container: container(context, {
      name: 'format',
      command: [
        '/curvebs/tools/sbin/curve_format',
        `-allocatePercent=${percentage}`,
        `-fileSize=${CHUNK_BYTES}`,
        `-filePoolDir=${pool}`,
        `-filePoolMetaPath=${pool}.meta`,
        `-fileSystemPath=${pool}`,
      ],
      requests: { cpu: '20m', memory: '64Mi' },
      volumeMounts: [{ name: 'data', mountPath: CHUNKSERVER_DATA }],
    }),
    volumes: [chunkserverData(context, mountPath)],
  });
}

export type PoolJobStep = 'physical-pool' | 'logical-pool';

/** Runs curvebs-tool with the whole map on one of the nodes that have the image already. */
export function poolJob(context: CurveContext, layout: MapLayout, step: PoolJobStep, attempt: number): Job {
  const cluster = context.operation.name;
  const conf = '/curvebs/tools/conf';
  return job(context, {
    name: names.poolJob(cluster, step, renderMap(clusterMap(layout)), attempt),
    labels: { component: 'tools', instance: step },
    annotations: { [ANNOTATION.attempt]: String(attempt) },
    affinity: controlNodes(context),
    deadlineSeconds: DEADLINE_SECONDS[step],
    container: container(context, {
      name: 'pool',
      command: [
        '/curvebs/tools/sbin/curvebs-tool',
        `-op=${step === 'physical-pool' ? 'create_physicalpool' : 'create_logicalpool'}`,
        `-cluster_map=${conf}/topology.json`,
      ],
      requests: { cpu: '10m', memory: '32Mi' },
      volumeMounts: [
        { name: 'topology', mountPath: conf, readOnly: true },
        { name: 'tools', mountPath: '/etc/curve', readOnly: true },
      ],
    }),
    volumes: [
      { name: 'topology', configMap: { name: names.topology(cluster) } },
      { name: 'tools', configMap: { name: names.tools(cluster) } },
    ],
  });
}
