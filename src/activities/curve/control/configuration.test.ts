import { expect, test } from 'vitest';
import { LEAST, accepted, changed, layoutFor } from '../../../../test/support/curve-documents.ts';
import { TEMPLATES } from '../../../../test/support/curve-templates.ts';
import { etcdObjects } from '../../../systems/curve/objects/etcd.ts';
import { judgeConfiguration } from './configuration.ts';
import type { Deployment } from '../../control/daemons.ts';

const objectsOf = (count: string) => {
  const document = changed(LEAST, ['spec', 'etcd', 'config'], { 'snapshot-count': count });
  return etcdObjects(layoutFor(accepted(document).spec).context, TEMPLATES);
};
const deployments = (count: string) =>
  objectsOf(count).filter(({ kind }) => kind === 'Deployment') as unknown as Deployment[];

test('daemons that run what the spec asks for are as specified', () => {
  expect(judgeConfiguration(objectsOf('1000'), deployments('1000'))).toEqual([
    { reason: 'NotAsSpecified', holds: true, detail: 'every daemon runs the configuration of the spec' },
  ]);
});

test('a healthy cluster in an older form is not Ready of the new generation; the daemons are named', () => {
  const [first, ...others] = deployments('1000');
  if (!first) throw new Error('no etcd');
  const checks = judgeConfiguration(objectsOf('2000'), [
    first,
    ...others.slice(1),
    ...deployments('2000').slice(1, 2),
  ]);
  expect(checks.map(({ holds, detail }) => [holds, detail])).toEqual([
    [false, 'Deployment my-etcd-a runs another configuration than the spec asks for'],
    [false, 'Deployment my-etcd-c runs another configuration than the spec asks for'],
  ]);
});

test('a daemon that is not there is named by its own check, not by this', () => {
  expect(judgeConfiguration(objectsOf('1000'), []).map((c) => c.holds)).toEqual([true]);
});
