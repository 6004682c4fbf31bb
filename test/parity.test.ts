import { beforeAll, describe, expect, test } from 'vitest';
import type { ControlDeps } from '../src/activities/control/activity-context.ts';
import type { NodeActivityDeps } from '../src/activities/node/activities.ts';
import { SYSTEMS } from '../src/systems/registry.ts';
import { controlActivities } from '../src/workers/control-activities.ts';
import { nodeActivities } from '../src/workers/node-activities.ts';
import * as general from '../src/workflows/general.ts';
import * as workflows from '../src/workflows/index.ts';
import { EXAMPLE } from './example-system/systems/system.ts';
import { type Repository, gaps, readFiles } from './parity.ts';

let repository: Repository;
beforeAll(async () => {
  repository = {
    ...(await readFiles()),
    systems: SYSTEMS.systems,
    workflows: Object.keys(workflows).filter((type) => !(type in general)),
    activities: {
      // Their names alone are asked for: none is run.
      control: Object.values(controlActivities({} as ControlDeps)).flatMap(Object.keys),
      node: Object.keys(nodeActivities({} as NodeActivityDeps)),
    },
  };
});

test('every system is known wherever a system must be known', () => {
  expect(gaps(repository)).toEqual([]);
});

test('a system that is in the registry alone is missed everywhere else', () => {
  const systems = [...repository.systems, EXAMPLE];
  expect(gaps({ ...repository, systems })).toEqual([
    'src/systems/example does not exist',
    'src/workflows/example does not exist',
    'src/activities/example does not exist',
    ...Object.keys(EXAMPLE.activities).map((name) => `no worker registers the activity example.${name}`),
    'control-rbac.yaml does not grant what example needs under "# system example"',
    'api-rbac.yaml does not grant what example needs under "# system example"',
    'docs/example.md does not exist',
    'src/workflows/index.ts exports no exampleCluster',
    'src/workflows/index.ts exports no exampleOperation',
    'src/workflows/index.ts exports no examplePlan',
    'src/workflows/index.ts exports no exampleHealthCheck',
    'deploy/chart/files/crds/example.keelson.io_examplestores.yaml is not the definition of ExampleStore',
    'examples/ has no ExampleStore that may be applied',
  ]);
});

test('what is left of a system that is no longer in the registry is found everywhere', () => {
  const found = gaps({ ...repository, systems: [] });
  expect(found).toEqual(
    expect.arrayContaining([
      'src/systems/curve is of no system in the registry',
      'src/workflows/curve is of no system in the registry',
      'src/activities/curve is of no system in the registry',
      'the workflow curveNodeBatch begins with no system of the registry',
      'the activity curve.applyEtcd is of no system in the registry',
      'the activity curve.watchPools is of no system in the registry',
      'api-rbac.yaml has rules for curve, which is not in the registry',
      'control-rbac.yaml has rules for curve, which is not in the registry',
      'deploy/chart/files/crds/operator.curve.io_curveclusters.yaml is of no system in the registry',
    ]),
  );
});

describe('a system that is known by halves is found', () => {
  const [curve] = SYSTEMS.systems;
  const [kind] = curve?.kinds ?? [];
  if (curve === undefined || kind === undefined) throw new Error('the registry is empty');
  const withKind = (change: object): Partial<Repository> => ({
    systems: [{ ...curve, kinds: [{ ...kind, ...change }] }],
  });
  const rulesWithout = (name: 'api' | 'control') => ({
    ...repository.rules,
    [name]: new Map([...repository.rules[name]].filter(([id]) => id === 'general')),
  });

  test.each<[string, () => Partial<Repository>, string]>([
    [
      'without its stories',
      () => ({ folders: { ...repository.folders, 'src/workflows': [] } }),
      'src/workflows/curve does not exist',
    ],
    [
      'with a workflow of another name',
      () => withKind({ workflows: { ...kind.workflows, plan: 'planCurve' } }),
      'src/workflows/index.ts exports no planCurve',
    ],
    [
      'without activities on nodes',
      () => ({ activities: { ...repository.activities, node: [] } }),
      'no worker registers the activity curve.inspectPools',
    ],
    [
      'with another definition than the chart installs',
      () => withKind({ definition: () => ({}) }),
      'deploy/chart/files/crds/operator.curve.io_curveclusters.yaml is not the definition of CurveCluster',
    ],
    [
      'without rights of its activities',
      () => ({ rules: rulesWithout('control') }),
      'control-rbac.yaml does not grant what curve needs under "# system curve"',
    ],
    [
      'without rights of the API',
      () => ({ rules: rulesWithout('api') }),
      'api-rbac.yaml does not grant what curve needs under "# system curve"',
    ],
    ['without a page', () => ({ docs: [] }), 'docs/curve.md does not exist'],
    ['without an example', () => ({ examples: [] }), 'examples/ has no CurveCluster that may be applied'],
    [
      'with a phase that the CLI cannot line up',
      () => withKind({ phases: [{ name: 'aVeryLongNameOfAPhase', perNode: true }] }),
      'the CLI has no room for the phase aVeryLongNameOfAPhase of CurveCluster',
    ],
  ])('%s', (_, change, gap) => {
    expect(gaps({ ...repository, ...change() })).toContain(gap);
  });
});
