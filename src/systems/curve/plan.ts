import type { CurveLayout } from './layout.ts';
import { clusterIdName } from '../names.ts';
import type { PlannedParts } from '../plan.ts';
import { names } from './names.ts';
import { clusterMap, renderMap } from './topology.ts';

/** Instances, pool and every lasting Kubernetes object of the layout. Jobs come and go and are not listed. */
export function plannedObjects(layout: CurveLayout): PlannedParts {
  return { instances: instances(layout), details: details(layout), objects: objects(layout) };
}

function instances({ context, storage }: CurveLayout): PlannedParts['instances'] {
  return [
    ...context.etcd.map(({ id, node, peerPort, clientPort }) => ({
      role: 'etcd',
      id,
      node,
      ports: { peerPort, clientPort },
    })),
    ...context.mds.map(({ id, node, port, dummyPort }) => ({
      role: 'mds',
      id,
      node,
      ports: { port, dummyPort },
    })),
    ...storage.flatMap(({ node, disks }) =>
      disks.map(({ device, port }) => ({ role: 'chunkserver', id: device, node, ports: { port } })),
    ),
    ...context.snapshotclone.map(({ id, node, port, dummyPort, proxyPort }) => {
      return { role: 'snapshotclone', id, node, ports: { port, dummyPort, proxyPort } };
    }),
  ];
}

function details({ pool: { name, copysets }, storage }: CurveLayout): PlannedParts['details'] {
  const zones: Record<string, string[]> = {};
  for (const { zone, node } of storage) (zones[zone] ??= []).push(node);
  const members = Object.entries(zones).map(([zone, nodes]) => `${zone} = ${nodes.join(', ')}`);
  return { [`pool ${name}`]: [`${copysets} copysets`, ...members].join('; ') };
}

function objects({ context, storage }: CurveLayout): PlannedParts['objects'] {
  const cluster = context.operation.name;
  const configMap = (name: string) => ({ kind: 'ConfigMap', name });
  const deployment = (name: string) => ({ kind: 'Deployment', name });
  const daemons = (['etcd', 'mds', 'snapshotclone'] as const).flatMap((role) =>
    context[role].flatMap(({ id }) => [
      configMap(names.daemonConfig(cluster, role, id)),
      deployment(names.daemon(cluster, role, id)),
    ]),
  );
  const chunkservers = storage.flatMap(({ node, disks }) =>
    disks.flatMap(({ device }) => [
      configMap(names.chunkserverConfig(cluster, node, device)),
      deployment(names.chunkserver(cluster, node, device)),
    ]),
  );
  return [
    configMap(clusterIdName(cluster)),
    configMap(names.templates(cluster)),
    configMap(names.tools(cluster)),
    configMap(names.topology(cluster)),
    { kind: 'Secret', name: names.s3Secret(cluster) },
    ...daemons,
    ...chunkservers,
  ];
}

/** Tells whether the layout needs an object of this kind and name; a Job in whichever attempt. */
export function isPlanned(
  layout: CurveLayout,
): (object: { readonly kind: string; readonly name: string }) => boolean {
  const lasting = new Set(objects(layout).map(({ kind, name }) => `${kind} ${name}`));
  const jobs = new Map<number, ReadonlySet<string>>();
  return ({ kind, name }) => {
    if (kind !== 'Job') return lasting.has(`${kind} ${name}`);
    const attempt = Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
    const known = jobs.get(attempt) ?? new Set(jobNames(layout, attempt));
    jobs.set(attempt, known);
    return known.has(name);
  };
}

function jobNames(layout: CurveLayout, attempt: number): readonly string[] {
  const { context, storage } = layout;
  const cluster = context.operation.name;
  const map = renderMap(clusterMap(layout));
  return [
    names.templatesJob(cluster, context.image, attempt),
    ...storage.flatMap(({ node, disks }) =>
      disks.map(({ device }) => names.formatJob(cluster, node, device, attempt)),
    ),
    names.poolJob(cluster, 'physical-pool', map, attempt),
    names.poolJob(cluster, 'logical-pool', map, attempt),
  ];
}
