import { carries, ownerWords } from '../../../kube/apply.ts';
import { find, list, listMetadata } from '../../../kube/objects.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  JOBS,
  type KubeObject,
  NAMESPACES,
  NODES,
  SECRETS,
  objectKey,
} from '../../../kube/resources.ts';
import { internalIp, internalIpv6Alone } from '../../../kube/node-address.ts';
import { readDeployments } from '../../../kube/started.ts';
import type { KubernetesFacts, NodeFacts } from '../../../systems/curve/facts.ts';
import { beginnings, names } from '../../../systems/curve/names.ts';
import { existingIn, existingSelector } from '../../../systems/curve/objects/existing.ts';
import { clusterIdOf } from '../../control/cluster-id.ts';
import type { ResourceRef } from '../../../systems/operation.ts';
import type { CurveCalls } from '../contract.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { ownedBy } from '../../control/desired-state.ts';
import { NODES_ONE_BY_ONE } from '../../control/intervals.ts';
import { type Node, isNodeReady } from '../../control/job-runs.ts';

type Input = Parameters<CurveCalls['observeKubernetes']>[0];

/** What Kubernetes says that the rules and the plan are judged by. Looks once. */
export async function observeKubernetes(
  work: ActivityContext,
  { resource, nodes, s3Secret }: Input,
): Promise<KubernetesFacts> {
  const { kube } = work;
  const { namespace } = resource;
  const clusterId = await clusterIdOf(kube, resource);
  const [space, nodeFacts, namesTaken, operators, deployments, s3] = await Promise.all([
    find(kube, NAMESPACES, { name: namespace }),
    observeNodes(work, nodes),
    foreignObjects(work, resource, clusterId),
    list(kube, DEPLOYMENTS, { fieldSelector: 'metadata.name=curve-operator' }),
    readDeployments(kube, { namespace, labelSelector: existingSelector(resource.name) }),
    s3Secret === undefined ? undefined : secretState(work, namespace, s3Secret),
  ]);
  return {
    ...(clusterId === undefined ? {} : { clusterId }),
    namespaceExists: space !== undefined,
    nodes: nodeFacts,
    namesTaken,
    curveOperators: operators.items
      .filter(({ spec }) => spec?.replicas !== 0)
      .map(({ metadata }) => objectKey(metadata)),
    ...(s3 === undefined ? {} : { s3Secret: s3 }),
    existing: existingIn(deployments),
  };
}

async function observeNodes(
  { kube }: ActivityContext,
  wanted: readonly string[],
): Promise<readonly NodeFacts[]> {
  if (wanted.length <= NODES_ONE_BY_ONE) {
    return Promise.all(wanted.map(async (name) => nodeFacts(name, await find(kube, NODES, { name }))));
  }
  const all = new Map((await list(kube, NODES)).items.map((node) => [node.metadata?.name ?? '', node]));
  return wanted.map((name) => nodeFacts(name, all.get(name)));
}

export function nodeFacts(name: string, node: Node | undefined): NodeFacts {
  if (!node) return { name, exists: false, ready: false, schedulable: false };
  const [ip, ipv6Alone] = [internalIp(node), internalIpv6Alone(node)];
  const kernelVersion = node.status?.nodeInfo?.kernelVersion;
  return {
    name,
    exists: true,
    ready: isNodeReady(node),
    schedulable: node.spec?.unschedulable !== true,
    ...(ip === undefined ? {} : { ip }),
    ...(ipv6Alone === undefined ? {} : { ipv6Alone }),
    ...(kernelVersion === undefined ? {} : { kernelVersion }),
  };
}

async function secretState(
  { kube }: ActivityContext,
  namespace: string,
  name: string,
): Promise<NonNullable<KubernetesFacts['s3Secret']>> {
  const secret = await find(kube, SECRETS, { namespace, name });
  if (!secret) return 'missing';
  return ['ak', 'sk'].every((key) => (secret.data?.[key] ?? '') !== '') ? 'usable' : 'incomplete';
}

/** Objects of others that may stand where ours will: by their beginning, the whole names are for the rules. */
async function foreignObjects(
  { kube }: ActivityContext,
  { namespace, name: cluster }: ResourceRef,
  clusterId: string | undefined,
): Promise<KubernetesFacts['namesTaken']> {
  const exact = [names.templates(cluster), names.tools(cluster), names.topology(cluster)];
  const begun = beginnings(cluster);
  const isWanted = (name: string): boolean =>
    exact.includes(name) || begun.some((beginning) => name.startsWith(beginning));
  const isForeign = (object: KubeObject): boolean =>
    clusterId === undefined || !carries(object, ownedBy({ clusterId }));
  const [secret, ...lists] = await Promise.all([
    // By its name: a right to list Secrets would show us all of them.
    find(kube, SECRETS, { namespace, name: names.s3Secret(cluster) }),
    ...[CONFIG_MAPS, DEPLOYMENTS, JOBS].map(async (resource) => ({
      kind: resource.kind,
      items: (await listMetadata(kube, resource, { namespace })).items.filter(({ metadata }) =>
        isWanted(metadata?.name ?? ''),
      ),
    })),
  ]);
  return [...lists, { kind: SECRETS.kind, items: secret ? [secret] : [] }].flatMap(({ kind, items }) =>
    items
      .filter(isForeign)
      .map((object) => ({ kind, name: object.metadata?.name ?? '', owner: ownerWords(object) })),
  );
}
