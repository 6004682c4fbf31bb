/**
 * The import walls of the house (docs/architecture.md): who may import whom. `type` marks what may be imported as
 * `import type` only, because it leaves nothing behind at run time.
 */
/** What steps promise: types only, for whoever calls them through Temporal. */
const CONTRACTS = ['^src/activities/[^/]+/contract\\.ts$', '^src/activities/[^/]+/[^/]+/contract\\.ts$'];

const test = '\\.test\\.ts$';

/** A room that may import nothing of src but the named rooms. */
const room = (name, path, { may, types = [], comment }) => [
  {
    name: `${name}-imports`,
    comment,
    severity: 'error',
    from: { path, pathNot: test },
    to: { path: '^src/', pathNot: [...may, ...types], dependencyTypesNot: ['npm'] },
  },
  ...(types.length === 0
    ? []
    : [
        {
          name: `${name}-types-only`,
          comment: `${comment} These may be imported as types only.`,
          severity: 'error',
          from: { path, pathNot: test },
          to: { path: types, pathNot: may, dependencyTypesNot: ['type-only'] },
        },
      ]),
];

/** Pure code: the packages it may use, and no built-in module of Node. */
const pure = (name, path, packages, comment) => ({
  name: `${name}-is-pure`,
  comment,
  severity: 'error',
  from: { path, pathNot: test },
  to: { pathNot: ['^src/', ...packages.map((p) => `node_modules/${p}/`)], dependencyTypesNot: ['type-only'] },
});

export default {
  forbidden: [
    ...room('disks', '^src/disks/', {
      may: ['^src/disks/'],
      comment: 'The words for disks belong to all systems.',
    }),
    pure(
      'disks',
      '^src/disks/',
      ['zod', 'uuid'],
      'Facts and rules about disks: no I/O, clock or environment.',
    ),

    ...room('systems', '^src/systems/([^/]+)/', {
      may: ['^src/systems/($1/|[^/]+\\.ts$)', '^src/disks/'],
      comment: 'What we know about one storage system: pure, and nothing of another system.',
    }),
    pure('systems', '^src/systems/', ['zod', 'uuid', 'yaml'], 'Knowledge: no I/O, clock or environment.'),

    ...room('workflows', '^src/workflows/', {
      may: ['^src/workflows/', '^src/systems/', '^src/disks/'],
      types: CONTRACTS,
      comment:
        'Workflows decide and call activities by their contract; they are replayed, so they do nothing themselves.',
    }),
    pure(
      'workflows',
      '^src/workflows/',
      ['@temporalio/(workflow|common)'],
      'Only what is deterministic may run here.',
    ),

    ...room('control-activities', '^src/activities/(control|[^/]+/control)/', {
      may: [
        '^src/activities/(control|[^/]+/control)/',
        '^src/activities/heartbeats\\.ts$',
        '^src/systems/',
        '^src/disks/',
        '^src/kube/',
      ],
      types: ['^src/activities/node/contract\\.ts$'],
      comment: 'Steps against Kubernetes and the daemons.',
    }),
    ...room('node-activities', '^src/activities/(node|[^/]+/node)/', {
      may: [
        '^src/activities/(node|[^/]+/node)/',
        '^src/activities/heartbeats\\.ts$',
        '^src/node/',
        '^src/systems/',
        '^src/disks/',
      ],
      comment: 'Steps on a node. A node worker holds no cluster credentials, so nothing of kube.',
    }),
    ...room('node', '^src/node/', {
      may: ['^src/node/', '^src/systems/', '^src/disks/'],
      comment: 'Commands on a node. A node worker holds no cluster credentials, so nothing of kube.',
    }),
    ...room('kube', '^src/kube/', {
      may: ['^src/kube/'],
      comment: 'The room that speaks to the API server.',
    }),
    ...room('requests', '^src/requests/', {
      may: [
        '^src/(requests|systems|disks|kube)/',
        '^src/workflows/(messages|queues|search-attributes)\\.ts$',
      ],
      types: CONTRACTS,
      comment: 'Requests become workflow messages; the work itself is behind Temporal.',
    }),
    ...room('front', '^src/(api|controller)/', {
      may: [
        '^src/$1/',
        '^src/(requests|systems|disks|kube)/',
        '^src/workflows/(messages|queues|search-attributes)\\.ts$',
      ],
      types: CONTRACTS,
      comment: 'What listens to people and to Kubernetes hands requests over, and does no work itself.',
    }),
    {
      name: 'kubernetes-client-in-kube',
      comment: 'One room speaks to the API server; elsewhere its types may describe objects.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(kube|workers|cli)/', test] },
      to: { path: 'node_modules/@kubernetes/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'entry-points-are-ends',
      comment: 'Workers and the CLI wire everything together; nobody imports them.',
      severity: 'error',
      from: { path: '^(src|deploy)/', pathNot: '^src/(workers|cli)/' },
      to: { path: '^src/(workers|cli)/' },
    },
    {
      name: 'sandbox-stands-alone',
      comment: 'The test bed shares no line with the product, or both would be wrong together.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|deploy|test)/' },
    },
    {
      name: 'product-stands-alone',
      comment: 'The product knows neither its tests nor its sandbox.',
      severity: 'error',
      from: { path: '^src/', pathNot: test },
      to: { path: ['^(sandbox|test|deploy)/', test] },
    },
    {
      name: 'at-most-three-levels',
      comment: 'Folders lie at most three levels below src.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/[^/]+/[^/]+/[^/]+/' },
    },
    {
      name: 'named-by-concern',
      comment: 'A folder says what it is about.',
      severity: 'error',
      from: {},
      to: { path: '/(utils?|common|helpers?|misc)/', pathNot: 'node_modules/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-lost-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|sandbox/curve-image)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'require', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json', '.d.ts'],
    },
  },
};
