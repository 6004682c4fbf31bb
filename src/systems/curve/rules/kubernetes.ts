import type { KubernetesFacts, NodeFacts } from '../facts.ts';
import { layoutToCompare, storageNodesOf } from '../layout.ts';
import { isPlanned } from '../plan.ts';
import type { ResourceRef } from '../../operation.ts';
import type { CurveClusterSpec } from '../spec.ts';
import type { Violation } from '../../violation.ts';
import { storageNodePath } from './nodes.ts';

/** renameat2, which chunkservers use, came with this kernel. */
const OLDEST_KERNEL = [3, 15] as const;

/** Everything that speaks against a spec once the Kubernetes cluster has been looked at. */
export function checkAgainst(
  cluster: ResourceRef,
  spec: CurveClusterSpec,
  facts: KubernetesFacts,
): readonly Violation[] {
  return [
    ...namespace(cluster, facts),
    ...operators(facts),
    ...namesTaken(cluster, spec, facts),
    ...nodes(spec, facts),
    ...s3Secret(cluster, spec, facts),
  ];
}

function namespace({ namespace: name }: ResourceRef, facts: KubernetesFacts): Violation[] {
  if (facts.namespaceExists) return [];
  return [
    {
      path: 'metadata.namespace',
      value: name,
      message: 'there is no such namespace',
      next: `kubectl create namespace ${name}`,
    },
  ];
}

function operators(facts: KubernetesFacts): Violation[] {
  return facts.curveOperators.map((operator) => {
    const [namespace = '', name = ''] = operator.split('/');
    return {
      path: 'kind',
      value: 'CurveCluster',
      message: `curve-operator runs here too (${operator}) and would act on the same resource`,
      next: `stop it first: kubectl -n ${namespace} scale deployment ${name} --replicas=0`,
    };
  });
}

function namesTaken(cluster: ResourceRef, spec: CurveClusterSpec, facts: KubernetesFacts): Violation[] {
  if (facts.namesTaken.length === 0) return [];
  const layout = layoutToCompare(cluster, spec, addressesOf(facts));
  return facts.namesTaken.filter(isPlanned(layout)).map(({ kind, name, owner }) => ({
    path: 'metadata.name',
    value: name,
    message: `${kind} ${name} exists already and belongs to ${owner}`,
    next: 'give the cluster another name, or remove that object if nobody needs it',
  }));
}

/** Every node that the spec names, each once, with the places where it stands. */
function placesOf(spec: CurveClusterSpec): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  const add = (node: string, path: string) => places.set(node, [...(places.get(node) ?? []), path]);
  spec.nodes.forEach((node, i) => add(node, `spec.nodes[${i}]`));
  storageNodesOf(spec).forEach(({ node }, i) => add(node, storageNodePath(spec, i)));
  return places;
}

function nodes(spec: CurveClusterSpec, facts: KubernetesFacts): Violation[] {
  const known = new Map(facts.nodes.map((node) => [node.name, node]));
  const found: Violation[] = [];
  const owners = new Map<string, string>();
  for (const [name, [path = 'spec.nodes', ...others]] of placesOf(spec)) {
    const also = others.length > 0 ? ` (also in ${others.join(', ')})` : '';
    const say = (message: string, next: string) =>
      found.push({ path, value: name, message: `${message}${also}`, next });
    const node = known.get(name);
    if (node === undefined || !node.exists) {
      say('Kubernetes has no node of this name', 'kubectl get nodes shows the names');
      continue;
    }
    unfit(node, say);
    const twin = node.ip === undefined ? undefined : owners.get(node.ip);
    if (twin !== undefined)
      say(`has the same InternalIP (${node.ip}) as ${twin}`, 'give every node an address of its own');
    if (node.ip !== undefined) owners.set(node.ip, name);
  }
  return found;
}

/** A node that is not Ready is no violation: it may be back at any moment, and its work waits for it. */
export const notReady = ({ nodes }: KubernetesFacts): readonly string[] =>
  nodes
    .filter((node) => node.exists && !node.ready)
    .map(({ name }) => `node ${name} is not Ready in Kubernetes: pods may not start there until it is`);

function unfit(node: NodeFacts, say: (message: string, next: string) => void): void {
  const { name } = node;
  if (!node.schedulable) say('the node takes no new pods (cordoned)', `kubectl uncordon ${name}`);
  if (node.ipv6Alone !== undefined)
    say(
      `the node has only an address of IPv6 (${node.ipv6Alone})`,
      'Curve knows literal addresses of IPv4 alone: give its kubelet an IPv4 address in --node-ip',
    );
  else if (node.ip === undefined)
    say('the node has no InternalIP', 'Curve works with literal addresses: give its kubelet --node-ip');
  if (node.kernelVersion !== undefined && isOld(node.kernelVersion)) {
    say(`its kernel ${node.kernelVersion} is too old for chunkservers`, 'Linux 3.15 or later is needed');
  }
}

function isOld(kernel: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
  if (major === undefined || minor === undefined) return false;
  const [least, leastMinor] = OLDEST_KERNEL;
  return Number(major) < least || (Number(major) === least && Number(minor) < leastMinor);
}

function s3Secret(
  { namespace: at }: ResourceRef,
  spec: CurveClusterSpec,
  facts: KubernetesFacts,
): Violation[] {
  const name = spec.snapShotClone.s3Config.secretRef?.name;
  if (!spec.snapShotClone.enable || name === undefined || !facts.namespaceExists) return [];
  if (facts.s3Secret === undefined || facts.s3Secret === 'usable') return [];
  const path = 'spec.snapShotClone.s3Config.secretRef.name';
  const values = '--from-literal=ak=<access key> --from-literal=sk=<secret key>';
  if (facts.s3Secret === 'missing') {
    const next = `kubectl -n ${at} create secret generic ${name} ${values}`;
    return [{ path, value: name, message: `namespace ${at} has no such Secret`, next }];
  }
  const next = `make it again: kubectl -n ${at} delete secret ${name}, then kubectl -n ${at} create secret generic ${name} ${values}`;
  return [{ path, value: name, message: 'the Secret lacks ak or sk, or they are empty', next }];
}

/** InternalIP by node, of what is known. */
export const addressesOf = (facts: KubernetesFacts): Readonly<Record<string, string>> =>
  Object.fromEntries(facts.nodes.flatMap((node) => (node.ip === undefined ? [] : [[node.name, node.ip]])));
