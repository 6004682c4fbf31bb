import { describe, expect, test } from 'vitest';
import { curveClusterDefinition } from './crd.ts';

type Node = Readonly<Record<string, unknown>>;

/** Every schema below this one, with its path. */
function* schemas(schema: Node, path = ''): Generator<readonly [string, Node]> {
  yield [path, schema];
  for (const [name, inner] of Object.entries((schema['properties'] ?? {}) as Record<string, Node>)) {
    yield* schemas(inner, `${path}.${name}`);
  }
  for (const keyword of ['items', 'additionalProperties'] as const) {
    const inner = schema[keyword];
    if (typeof inner === 'object') yield* schemas(inner as Node, `${path}[${keyword}]`);
  }
}

const root = curveClusterDefinition().spec.versions[0]?.schema.openAPIV3Schema as unknown as Node;
const spec = [...schemas((root['properties'] as Record<string, Node>)['spec'] ?? {}, 'spec')];

describe('the CustomResourceDefinition', () => {
  test('is structural: every schema has a type or keeps what it does not know', () => {
    const odd = [...schemas(root)].filter(
      ([, s]) => s['type'] === undefined && s['x-kubernetes-preserve-unknown-fields'] !== true,
    );
    expect(odd.map(([path]) => path)).toEqual([]);
  });

  test.each(['anyOf', 'oneOf', 'allOf', '$ref', '$schema', 'exclusiveMinimum', 'const'])(
    'has no %s',
    (keyword) => {
      expect([...schemas(root)].filter(([, s]) => keyword in s).map(([path]) => path)).toEqual([]);
    },
  );

  test('closes no object, since structural schemas must not', () => {
    expect([...schemas(root)].filter(([, s]) => s['additionalProperties'] === false)).toEqual([]);
  });

  test('sets no limit that only JavaScript knows', () => {
    expect(JSON.stringify(root)).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });

  test('fills nothing into items of lists, so that the same list never conflicts with itself', () => {
    const filled = [...schemas(root)].filter(([path, s]) => path.includes('[items]') && 'default' in s);
    expect(filled.map(([path]) => path)).toEqual([]);
  });

  test('explains the fields that a user writes', () => {
    const mute = spec.filter(
      ([path, s]) => s['description'] === undefined && !/monitor\.|\[/.test(path) && path !== 'spec',
    );
    expect(mute.map(([path]) => path)).toEqual([]);
  });

  test('carries the refusals that have a sentence', () => {
    const refusing = spec
      .filter(([, s]) => s['x-kubernetes-validations'] !== undefined)
      .map(([path]) => path);
    expect(refusing).toEqual(['spec.nodes', 'spec.snapShotClone.s3Config', 'spec.monitor.enable']);
  });
});
