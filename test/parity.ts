/**
 * Finds a storage system that is known in one place and forgotten in another: folders, registry, workflows, workers,
 * chart, CLI, docs and examples. A system that is half registered fails at run time only, and perhaps months later.
 */
import { readdir, readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify } from 'yaml';
import { permissionsOf } from '../src/activities/control/permissions.ts';
import { NAME_WIDTH, titleOf } from '../src/cli/render/phases.ts';
import type { Permission } from '../src/kube/access.ts';
import { activityName } from '../src/systems/activity-names.ts';
import { type StorageKind, type StorageSystem, SystemRegistry } from '../src/systems/system.ts';

/** What this repository holds, as far as it must agree about its systems. */
export interface Repository {
  /** Names of the folders below each of {@link PLACES} that belong to a system. */
  readonly folders: Readonly<Record<Place, readonly string[]>>;
  readonly systems: readonly StorageSystem[];
  /** Names that src/workflows/index.ts exports, without the general ones. */
  readonly workflows: readonly string[];
  /** Types that the workers register, general ones too. */
  readonly activities: Readonly<Record<'control' | 'node', readonly string[]>>;
  /** Text by name of the file in deploy/chart/files/crds. */
  readonly definitions: ReadonlyMap<string, string>;
  /** Blocks of rules by the system that a comment names; `general` for what all need. */
  readonly rules: Readonly<Record<'api' | 'control', ReadonlyMap<string, readonly Rule[]>>>;
  /** Names of the files in docs/. */
  readonly docs: readonly string[];
  /** Manifests in examples/. */
  readonly examples: readonly unknown[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Folders that have one for each system, and those in them that are for all. */
const PLACES = {
  'src/systems': [],
  'src/workflows': ['operation', 'nodes'],
  'src/activities': ['control', 'node'],
} as const;

type Place = keyof typeof PLACES;

/** One sentence for each thing that is missing, or that no system of the registry has. */
export const gaps = (repository: Repository): readonly string[] => [
  ...repository.systems.flatMap((system) => missing(repository, system)),
  ...unknown(repository),
];

/** What a system of the registry lacks. */
function missing(repository: Repository, system: StorageSystem): readonly string[] {
  const { id, kinds } = system;
  const { folders, activities, docs } = repository;
  const registered = [...activities.control, ...activities.node];
  const nameless = Object.keys(system.activities).filter(
    (name) => !registered.includes(activityName(id, name)),
  );
  return [
    ...Object.entries(folders)
      .filter(([, names]) => !names.includes(id))
      .map(([place]) => `${place}/${id} does not exist`),
    ...nameless.map((name) => `no worker registers the activity ${activityName(id, name)}`),
    ...Object.keys(system.generalActivities)
      .filter((name) => !registered.includes(name))
      .map((name) => `${id} places the general activity ${name}, which no worker registers`),
    ...ruleGaps(repository, system),
    ...(docs.includes(`${id}.md`) ? [] : [`docs/${id}.md does not exist`]),
    ...kinds.flatMap((kind) => kindGaps(repository, kind)),
  ];
}

function kindGaps({ workflows, definitions, examples }: Repository, kind: StorageKind): readonly string[] {
  const { resource, phases } = kind;
  const file = definitionFile(kind);
  const text = definitions.get(file);
  const exemplary = examples.some(
    (manifest) => (manifest as { kind?: unknown }).kind === resource.kind && kind.read(manifest).ok,
  );
  return [
    ...Object.values<string>({ ...kind.workflows })
      .filter((type) => !workflows.includes(type))
      .map((type) => `src/workflows/index.ts exports no ${type}`),
    ...(text === undefined || !isDeepStrictEqual(parse(text), parse(stringify(kind.definition())))
      ? [`deploy/chart/files/crds/${file} is not the definition of ${resource.kind}`]
      : []),
    ...(exemplary ? [] : [`examples/ has no ${resource.kind} that may be applied`]),
    ...phases
      .filter(({ name }) => titleOf(name).length > NAME_WIDTH)
      .map(({ name }) => `the CLI has no room for the phase ${name} of ${resource.kind}`),
  ];
}

function ruleGaps({ rules }: Repository, { id, kinds, permissions }: StorageSystem): readonly string[] {
  const handedOver = kinds.flatMap(({ resource }): Permission[] => {
    const [group = ''] = resource.apiVersion.split('/');
    const verbs = ['get', 'list', 'watch', 'create', 'patch'] as const;
    return [
      { group, resource: resource.plural, verbs },
      { group, resource: resource.plural, subresource: 'status', verbs: ['get', 'patch'] },
    ];
  });
  const control = grants(rules.control.get(id), permissions);
  const api = grants(rules.api.get(id), handedOver);
  return [
    ...(control ? [] : [`control-rbac.yaml does not grant what ${id} needs under "# system ${id}"`]),
    ...(api ? [] : [`api-rbac.yaml does not grant what ${id} needs under "# system ${id}"`]),
  ];
}

/** What is there and belongs to no system of the registry. */
function unknown(repository: Repository): readonly string[] {
  const { folders, systems, workflows, activities, definitions, rules } = repository;
  const isKnown = (id: string): boolean => systems.some((system) => system.id === id);
  const files = new Set(systems.flatMap(({ kinds }) => kinds.map(definitionFile)));
  const blocks = (name: 'api' | 'control') =>
    [...rules[name].keys()]
      .filter((id) => id !== GENERAL && !isKnown(id))
      .map((id) => `${name}-rbac.yaml has rules for ${id}, which is not in the registry`);
  return [
    ...Object.entries(folders).flatMap(([place, names]) =>
      names.filter((id) => !isKnown(id)).map((id) => `${place}/${id} is of no system in the registry`),
    ),
    ...workflows
      .filter((type) => !systems.some(({ id }) => type.startsWith(id)))
      .map((type) => `the workflow ${type} begins with no system of the registry`),
    ...[...activities.control, ...activities.node]
      .filter((type) => type.includes('.') && !isKnown(type.split('.', 1).join('')))
      .map((type) => `the activity ${type} is of no system in the registry`),
    ...(grants(rules.control.get(GENERAL), permissionsOf(new SystemRegistry([])))
      ? []
      : ['control-rbac.yaml does not grant what all systems need under "# general"']),
    ...blocks('api'),
    ...blocks('control'),
    ...[...definitions.keys()]
      .filter((file) => !files.has(file))
      .map((file) => `deploy/chart/files/crds/${file} is of no system in the registry`),
  ];
}

const GENERAL = 'general';

/** Name of the file of a kind in the chart. */
export function definitionFile({ resource }: StorageKind): string {
  const [group = ''] = resource.apiVersion.split('/');
  return `${group}_${resource.plural}.yaml`;
}

/** Exactly these permissions, in whatever order. */
function grants(rules: readonly Rule[] = [], permissions: readonly Permission[]): boolean {
  const flat = (group: string, resource: string, verbs: readonly string[]): readonly string[] =>
    verbs.map((verb) => `${verb} ${resource} ${group}`);
  const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => flat(group, resource, verbs))),
  );
  const needed = permissions.flatMap(({ group, resource, subresource, verbs }) =>
    flat(group, subresource === undefined ? resource : `${resource}/${subresource}`, verbs),
  );
  return isDeepStrictEqual(granted.toSorted(), needed.toSorted());
}

/** What this checkout holds of {@link Repository} in files; the rest is imported. */
export async function readFiles(): Promise<
  Pick<Repository, 'folders' | 'definitions' | 'rules' | 'docs' | 'examples'>
> {
  const crds = 'deploy/chart/files/crds';
  const read = (path: string): Promise<string> => readFile(path, 'utf8');
  const inFolder = async (folder: string): Promise<readonly (readonly [string, string])[]> =>
    Promise.all(
      (await readdir(folder)).map(async (name) => [name, await read(`${folder}/${name}`)] as const),
    );
  return {
    folders: {
      'src/systems': await foldersOf('src/systems'),
      'src/workflows': await foldersOf('src/workflows'),
      'src/activities': await foldersOf('src/activities'),
    },
    definitions: new Map(await inFolder(crds)),
    rules: {
      api: blocksOf(await read('deploy/chart/templates/api-rbac.yaml')),
      control: blocksOf(await read('deploy/chart/templates/control-rbac.yaml')),
    },
    docs: await readdir('docs'),
    examples: (await inFolder('examples')).map(([, text]): unknown => parse(text)),
  };
}

async function foldersOf(place: Place): Promise<readonly string[]> {
  const entries = await readdir(place, { withFileTypes: true });
  const general: readonly string[] = PLACES[place];
  return entries
    .filter((entry) => entry.isDirectory() && !general.includes(entry.name))
    .map(({ name }) => name);
}

/** The rules of the ClusterRole of a file, by the comment above them: `# general…` or `# system <id>`. */
function blocksOf(template: string): ReadonlyMap<string, readonly Rule[]> {
  const [role = ''] = template.split(/^---$/m);
  const rules = role.slice(role.indexOf('\nrules:\n') + '\nrules:\n'.length);
  const parts = rules.split(/^ {2}# (?=general|system )/m).slice(1);
  return new Map(
    parts.map((part) => {
      const [head = '', ...lines] = part.split('\n');
      const id = /^system (\S+)$/.exec(head)?.[1] ?? GENERAL;
      return [id, parse(lines.join('\n')) as readonly Rule[]];
    }),
  );
}
