import { describe, expect, test } from 'vitest';
import { curveRef } from '../../../../test/support/curve-ids.ts';
import { accepted, changed, LEAST, SNAPSHOTS } from '../../../../test/support/curve-documents.ts';
import type { KubernetesFacts, NodeFacts } from '../facts.ts';
import { names } from '../names.ts';
import { checkAgainst } from './kubernetes.ts';

const node = (name: string, ip: string): NodeFacts => ({
  name,
  ip,
  exists: true,
  ready: true,
  schedulable: true,
  kernelVersion: '6.1.0-13-amd64',
});

const FACTS: KubernetesFacts = {
  namespaceExists: true,
  nodes: [node('node1', '10.0.0.11'), node('node2', '10.0.0.12'), node('node3', '10.0.0.13')],
  namesTaken: [],
  curveOperators: [],
  s3Secret: 'usable',
  existing: { daemons: [] },
};

const { spec } = accepted(changed(LEAST, ['spec', 'snapShotClone'], SNAPSHOTS));
const check = (facts: Partial<KubernetesFacts>) => checkAgainst(curveRef('my'), spec, { ...FACTS, ...facts });
const with1 = (change: Partial<NodeFacts>) => ({
  nodes: [{ ...node('node1', '10.0.0.11'), ...change }, ...FACTS.nodes.slice(1)],
});

describe('a spec against Kubernetes', () => {
  test('is fine when everything is there', () => {
    expect(check({})).toEqual([]);
  });

  const rows: readonly (readonly [string, Partial<KubernetesFacts>, string, RegExp, RegExp])[] = [
    [
      'a missing namespace',
      { namespaceExists: false },
      'metadata.namespace',
      /no such namespace/,
      /^kubectl create namespace curve$/,
    ],
    [
      'a running curve-operator',
      { curveOperators: ['ops/curve-operator'] },
      'kind',
      /ops\/curve-operator/,
      /kubectl -n ops scale deployment curve-operator --replicas=0/,
    ],
    [
      'a name that is taken',
      { namesTaken: [{ kind: 'Deployment', name: 'my-etcd-a', owner: 'helm' }] },
      'metadata.name',
      /my-etcd-a exists already and belongs to helm/,
      /another name/,
    ],
    [
      'an unknown node',
      with1({ exists: false }),
      'spec.nodes[0]',
      /no node of this name \(also in spec.storage.nodes\[0\]\)/,
      /kubectl get nodes/,
    ],
    ['a cordoned node', with1({ schedulable: false }), 'spec.nodes[0]', /cordoned/, /kubectl uncordon node1/],
    ['an old kernel', with1({ kernelVersion: '3.10.0-1160.el7' }), 'spec.nodes[0]', /3\.10\.0/, /3\.15/],
    ['two nodes of one address', with1({ ip: '10.0.0.12' }), 'spec.nodes[1]', /same InternalIP/, /address/],
    [
      'a missing Secret',
      { s3Secret: 'missing' },
      'spec.snapShotClone.s3Config.secretRef.name',
      /no such Secret/,
      /^kubectl -n curve create secret generic curve-s3 --from-literal=ak=/,
    ],
    [
      'an incomplete Secret',
      { s3Secret: 'incomplete' },
      'spec.snapShotClone.s3Config.secretRef.name',
      /lacks ak or sk/,
      /delete secret curve-s3/,
    ],
  ];
  test.each(rows)('is refused for %s', (_, facts, path, message, next) => {
    const found = check(facts);
    expect(found.map((v) => v.path)).toEqual([path]);
    expect(found[0]?.message).toMatch(message);
    expect(found[0]?.next).toMatch(next);
  });

  test('is not refused for a node that is down: its work waits for it', () => {
    expect(check(with1({ ready: false }))).toEqual([]);
  });

  test('is refused for a node without address', () => {
    const { ip: _, ...rest } = node('node1', '');
    expect(check({ nodes: [rest, ...FACTS.nodes.slice(1)] })).toMatchObject([
      { path: 'spec.nodes[0]', message: expect.stringMatching(/InternalIP/) },
    ]);
  });

  test('is refused for a node with an address of IPv6 alone', () => {
    const { ip: _, ...rest } = node('node1', '');
    expect(check({ nodes: [{ ...rest, ipv6Alone: 'fd00::11' }, ...FACTS.nodes.slice(1)] })).toMatchObject([
      { path: 'spec.nodes[0]', message: expect.stringMatching(/only an address of IPv6 \(fd00::11\)/) },
    ]);
  });

  test.each([
    ['Job', 'my-etcd-backup-123'],
    ['Deployment', 'my-etcd-d'],
    ['ConfigMap', 'my-etcd-a'],
    ['ConfigMap', 'my-chunkserver-conf-node1-vdx'],
    ['Job', 'my-format-node1-vdc'],
    ['Job', 'my-physical-pool-00000000-1'],
  ])('is not refused for a %s %s, which only begins as our names do', (kind, name) => {
    expect(check({ namesTaken: [{ kind, name, owner: 'helm' }] })).toEqual([]);
  });

  const longNode = 'n'.repeat(60);
  const long = accepted(changed(LEAST, ['spec', 'storage', 'nodes'], ['node1', 'node2', longNode])).spec;
  test.each([
    ['Job', 'my-format-node1-vdc-12'],
    ['ConfigMap', 'my-chunkserver-conf-node1-vdc'],
    ['Secret', 'my-s3-conf'],
    ['Deployment', names.chunkserver('my', longNode, '/dev/vdc')],
    ['Job', names.formatJob('my', longNode, '/dev/vdc', 3)],
    ['Job', names.templatesJob('my', LEAST.spec.curveVersion.image, 1)],
  ])('is refused for a %s %s of somebody else', (kind, name) => {
    const nodes = [...FACTS.nodes, node(longNode, '10.0.0.14')];
    const facts = { ...FACTS, nodes, namesTaken: [{ kind, name, owner: 'helm' }] };
    expect(checkAgainst(curveRef('my'), long, facts)).toMatchObject([{ value: name }]);
  });

  test('says everything at once', () => {
    expect(check({ namespaceExists: false, curveOperators: ['a/b'], nodes: [] })).toHaveLength(5);
  });

  test.each(['3.15.0', '4.18.0-477.el8', '5.10', '6.18.3'])('accepts kernel %s', (kernelVersion) => {
    expect(check(with1({ kernelVersion }))).toEqual([]);
  });
});
