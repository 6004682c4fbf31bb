import { readManifest } from '../../../src/systems/manifest.ts';
import type { Reading } from '../../../src/systems/system.ts';
import type { Violation } from '../../../src/systems/violation.ts';
import { type ExampleSpec, storeSchema } from './spec.ts';

/** Reads an ExampleStore manifest and says everything that speaks against it at once. */
export const readStore = (manifest: unknown): Reading<ExampleSpec> =>
  readManifest({ schema: storeSchema, normalise: (spec) => spec, check, warn: () => [] }, manifest);

/** A rule of two values, which no schema holds: each node once. */
const check = ({ nodes }: ExampleSpec): readonly Violation[] =>
  nodes.flatMap((node, i) =>
    nodes.indexOf(node) === i
      ? []
      : [
          {
            path: `spec.nodes[${i}]`,
            value: node,
            message: 'is named twice',
            next: 'name every node once',
          },
        ],
  );
