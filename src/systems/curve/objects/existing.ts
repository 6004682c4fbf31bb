import type { ExistingCluster, ExistingDaemon } from '../facts.ts';
import { ANNOTATION, LABEL, MANAGED_BY, labelValue, selector } from '../../names.ts';
import { SYSTEM } from '../spec.ts';
import type { Deployment } from './manifest.ts';

const ROLES = ['etcd', 'mds', 'chunkserver', 'snapshotclone'] as const;

/** Finds what exists of a cluster by its name, whichever resource and cluster id it was made for. */
export const existingSelector = (cluster: string): string =>
  selector({
    [LABEL.managedBy]: MANAGED_BY,
    [LABEL.system]: SYSTEM,
    [LABEL.cluster]: labelValue(cluster),
  });

/** What immutability counts from, of all Deployments that {@link existingSelector} finds. */
export const existingIn = (
  found: readonly { readonly deployment: Deployment; readonly started: boolean }[],
): ExistingCluster => ({
  daemons: found.flatMap(({ deployment, started }) => existingDaemon(deployment, started) ?? []),
});

/**
 * What a Deployment of ours says about the daemon it runs; nothing for other Deployments.
 * @param started a container of it has run at least once, as its pods show
 */
export function existingDaemon(deployment: Deployment, started: boolean): ExistingDaemon | undefined {
  const { labels = {}, annotations = {}, name } = deployment.metadata ?? {};
  const role = ROLES.find((known) => known === labels[LABEL.component]);
  const node = annotations[ANNOTATION.node];
  if (role === undefined || node === undefined || name === undefined) return undefined;
  const image = deployment.spec?.template.spec?.containers[0]?.image;
  const optional = {
    image,
    hostDataDir: annotations[ANNOTATION.hostDataDir],
    device: annotations[ANNOTATION.device],
    mountPath: annotations[ANNOTATION.mountPath],
    zone: annotations[ANNOTATION.zone],
    ip: annotations[ANNOTATION.ip],
  };
  return {
    role,
    name,
    id: labels[LABEL.instance] ?? name,
    node,
    started,
    ports: portsOf(annotations[ANNOTATION.ports]),
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, v]) => v !== undefined),
    ) as Partial<ExistingDaemon>),
  };
}

/** Written by us; whatever somebody made of it since, only numbers count. */
function portsOf(annotation: string | undefined): Readonly<Record<string, number>> {
  try {
    const ports = JSON.parse(annotation ?? '{}') as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(ports).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  } catch {
    return {};
  }
}
