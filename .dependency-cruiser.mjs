/**
 * The import rules (docs/architecture.md): who may import whom. `types` marks what may be imported as `import type`
 * only, because it leaves nothing behind at run time.
 */
const test = '\\.test\\.ts$';

/** What activities promise: for whoever calls them through Temporal. */
const CONTRACTS = ['^src/activities/[^/]+/contract\\.ts$'];
/** Shapes of Kubernetes objects; the client itself stays in kube. */
const KUBE_TYPES = ['^src/kube/(access|resources|started)\\.ts$'];
/** What workflows and those who start them agree on. */
const MESSAGES = '^src/workflows/(ids|messages|queues|search-attributes)\\.ts$';
/** Pure and of no system: every module may import it. */
const EVERYBODYS = '^src/concurrency/';
/** Knowledge that every system shares. Only entry points read the registry; everybody else is given it. */
const SHARED_KNOWLEDGE = ['^src/systems/(?!registry\\.ts)[^/]+\\.ts$', '^src/disks/'];

/** Commands on a node for every system; the other folders of src/node are each one system's. */
const GENERAL_NODE = '^src/node/([^/]+\\.ts$|(devices|filesystems|format|mounts)/)';

/** A module that may import nothing of src but what is named. */
const module = (name, path, { may, types = [], pathNot = [], comment }) => [
  {
    name: `${name}-imports`,
    comment,
    severity: 'error',
    from: { path, pathNot: [test, ...pathNot] },
    to: { path: '^src/', pathNot: [EVERYBODYS, ...may, ...types], dependencyTypesNot: ['npm'] },
  },
  ...(types.length === 0
    ? []
    : [
        {
          name: `${name}-types-only`,
          comment: `${comment} These may be imported as types only.`,
          severity: 'error',
          from: { path, pathNot: [test, ...pathNot] },
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
    ...module('concurrency', EVERYBODYS, { may: [], comment: 'Workflows and Node code use it alike.' }),
    pure(
      'concurrency',
      EVERYBODYS,
      [],
      'How much at a time and how soon again: no I/O, clock or environment.',
    ),

    ...module('disks', '^src/disks/', {
      may: ['^src/disks/'],
      comment: 'The rules about disks belong to all systems.',
    }),
    pure(
      'disks',
      '^src/disks/',
      ['zod', 'uuid'],
      'Facts and rules about disks: no I/O, clock or environment.',
    ),

    ...module('systems', '^src/systems/([^/]+)/', {
      may: ['^src/systems/$1/', ...SHARED_KNOWLEDGE],
      types: KUBE_TYPES,
      comment: 'What we know about one storage system: pure, and nothing of another system.',
    }),
    ...module('shared-knowledge', '^src/systems/[^/]+\\.ts$', {
      may: SHARED_KNOWLEDGE,
      types: KUBE_TYPES,
      pathNot: ['^src/systems/registry\\.ts$'],
      comment: 'What all systems share names none of them.',
    }),
    pure('systems', '^src/systems/', ['zod', 'uuid', 'yaml'], 'Knowledge: no I/O, clock or environment.'),

    ...module('workflows', '^src/workflows/([^/]+\\.ts$|(operation|nodes)/)', {
      may: ['^src/workflows/([^/]+\\.ts$|(operation|nodes)/)', ...SHARED_KNOWLEDGE],
      types: CONTRACTS,
      pathNot: ['^src/workflows/index\\.ts$'],
      comment:
        'Workflows decide and call activities by their contract; they are replayed, so they do nothing themselves.',
    }),
    ...module('stories', '^src/workflows/(?!operation/|nodes/)([^/]+)/', {
      may: [
        '^src/workflows/$1/',
        '^src/workflows/([^/]+\\.ts$|(operation|nodes)/)',
        '^src/systems/$1/',
        ...SHARED_KNOWLEDGE,
      ],
      types: CONTRACTS,
      comment: 'The stories of one system use the general workflows and the knowledge of that system.',
    }),
    pure(
      'workflows',
      '^src/workflows/',
      ['@temporalio/(workflow|common)'],
      'Only what is deterministic may run here.',
    ),

    ...module('control-activities', '^src/activities/control/', {
      may: [
        '^src/activities/control/',
        '^src/activities/(heartbeats|failure)\\.ts$',
        ...SHARED_KNOWLEDGE,
        '^src/kube/',
      ],
      types: ['^src/activities/node/contract\\.ts$'],
      comment: 'Steps against Kubernetes, for every system.',
    }),
    ...module('system-control-activities', '^src/activities/([^/]+)/control/', {
      may: [
        '^src/activities/$1/(control/|contract\\.ts$)',
        '^src/activities/control/',
        '^src/activities/(heartbeats|failure)\\.ts$',
        '^src/systems/$1/',
        ...SHARED_KNOWLEDGE,
        '^src/kube/',
      ],
      types: ['^src/activities/node/contract\\.ts$'],
      comment: 'Steps of one system against Kubernetes and its daemons.',
    }),
    ...module('node-activities', '^src/activities/node/', {
      may: [
        '^src/activities/node/',
        '^src/activities/(heartbeats|failure)\\.ts$',
        GENERAL_NODE,
        ...SHARED_KNOWLEDGE,
      ],
      comment: 'Steps on a node. A node worker holds no cluster credentials, so nothing of kube.',
    }),
    ...module('system-node-activities', '^src/activities/([^/]+)/node/', {
      may: [
        '^src/activities/$1/(node/|contract\\.ts$)',
        '^src/activities/node/',
        '^src/activities/(heartbeats|failure)\\.ts$',
        GENERAL_NODE,
        '^src/node/$1/',
        '^src/systems/$1/',
        ...SHARED_KNOWLEDGE,
      ],
      comment: 'Steps of one system on a node: nothing of kube.',
    }),
    ...module('node', GENERAL_NODE, {
      may: [GENERAL_NODE, ...SHARED_KNOWLEDGE],
      comment: 'Commands on a node. A node worker holds no cluster credentials, so nothing of kube.',
    }),
    ...module('system-node', '^src/node/(?!(?:devices|filesystems|format|mounts)/)([^/]+)/', {
      may: [GENERAL_NODE, '^src/node/$1/', '^src/systems/$1/', ...SHARED_KNOWLEDGE],
      comment: 'Commands on a node for one system.',
    }),
    {
      name: 'programs-start-in-two-places',
      comment: 'The device writer alone runs what writes to a device; tools.ts names all other programs.',
      severity: 'error',
      from: {
        path: '^src/(node|activities)/',
        pathNot: [test, '^src/node/(tools|format/device-writer)\\.ts$'],
      },
      to: { path: ['node_modules/execa/', '^(node:)?child_process$'] },
    },
    ...module('kube', '^src/kube/', {
      may: ['^src/kube/'],
      comment: 'The module that speaks to the API server.',
    }),
    ...module('requests', '^src/requests/', {
      may: ['^src/requests/', '^src/kube/', ...SHARED_KNOWLEDGE, MESSAGES],
      types: CONTRACTS,
      comment: 'Requests become workflow messages; the work itself is behind Temporal.',
    }),
    ...module('front', '^src/(api|controller)/', {
      may: ['^src/$1/', '^src/requests/', '^src/kube/', ...SHARED_KNOWLEDGE, MESSAGES],
      comment: 'What listens to people and to Kubernetes hands requests over, and does no work itself.',
    }),
    {
      name: 'kubernetes-client-in-kube',
      comment: 'One module speaks to the API server; elsewhere its types may describe objects.',
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
      name: 'example-is-a-system-of-its-own',
      comment: 'The example proves that the rest is general: it uses nothing of another system.',
      severity: 'error',
      from: {
        path: '^test/example-system/(systems|workflows|activities)/',
        pathNot: '^test/example-system/workflows/beside-curve\\.ts$',
      },
      to: {
        path: [
          '^src/systems/([^/]+/|registry\\.ts$)',
          '^src/workflows/((?!operation/|nodes/)[^/]+/|index\\.ts$)',
          '^src/activities/(?!control/|node/)[^/]+/',
          '^src/node/(?!devices/|format/|mounts/)[^/]+/',
        ],
      },
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
      comment: 'Data flows one way, in types too: a cycle of types is two files that are one.',
      severity: 'error',
      from: { pathNot: 'node_modules/' },
      to: { circular: true },
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
