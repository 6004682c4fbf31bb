import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { SYSTEMS } from '../../systems/registry.ts';
import { permissionsOf } from './permissions.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of the chart's ClusterRole; lines of the template language hold names only. */
function rulesOfTheChart(): readonly Rule[] {
  const [role = ''] = readFileSync('deploy/chart/templates/control-rbac.yaml', 'utf8').split(/^---$/m);
  const plain = role
    .split('\n')
    .filter((line) => !line.includes('{{'))
    .join('\n');
  return (parse(plain) as { rules: readonly Rule[] }).rules;
}

const flat = (group: string, resource: string, verbs: readonly string[]): readonly string[] =>
  verbs.map((verb) => `${verb} ${resource} ${group}`);

test('the chart grants exactly what the control activities need', () => {
  const needed = permissionsOf(SYSTEMS).flatMap(({ group, resource, subresource, verbs }) =>
    flat(group, subresource === undefined ? resource : `${resource}/${subresource}`, verbs),
  );
  const granted = rulesOfTheChart().flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => flat(group, resource, verbs))),
  );
  expect(granted.toSorted()).toEqual(needed.toSorted());
});
