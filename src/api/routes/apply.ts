import type { FastifyInstance } from 'fastify';
import { type ZodTypeProvider, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CustomObject } from '../../kube/resources.ts';
import { type AdmittedManifest, admit, checkAgainstDaemons, sortFile } from '../../requests/admission.ts';
import { type AcceptedAnswer, accepted } from '../../requests/answers/clusters.ts';
import { plan as planSchema } from '../../requests/answers/nodes.ts';
import { list } from '../../requests/answers/list.ts';
import type { ManifestFile } from '../../requests/manifest/file.ts';
import type { YamlDocument } from '../../requests/manifest/yaml.ts';
import { Problem } from '../../requests/problems.ts';
import { storeManifest } from '../../requests/store.ts';
import { plan, submit } from '../../requests/submit.ts';
import { links, resourceId } from '../../requests/view/cluster.ts';
import type { ResourceRef } from '../../systems/operation.ts';
import type { SystemRegistry } from '../../systems/system.ts';
import { MANIFEST_TYPES } from '../body.ts';
import { asProblem } from '../cluster-state.ts';
import type { RouteParts } from '../parts.ts';
import { flag, problems, security } from './schemas.ts';

const query = z.object({
  dryRun: flag.describe('Answer the plan and change nothing'),
  force: flag.describe('Take over fields that another field manager has set'),
});

/** Taking in a manifest, or planning what it would do. */
export function applyRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { kube, systems, temporal, temporalUi } = parts;

  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/clusters',
    schema: {
      tags: ['clusters'],
      summary: `Apply a manifest (${kindNames(systems)}), or plan it with dryRun=true`,
      description:
        'Stores the resource (server-side apply) and hands it to the workflow of the cluster. The same manifest again ' +
        'answers with the same operation. Several documents, or a List, are worked on in their order and answered as ' +
        '`items`; those of other kinds are named in the warnings and left out.',
      security,
      consumes: MANIFEST_TYPES.slice(0, 2),
      querystring: query,
      body: bodyOf(systems),
      response: {
        200: z.union([planSchema, z.object({ items: list(planSchema) })]),
        202: z.union([accepted, z.object({ items: list(accepted) })]),
        ...problems,
      },
    },
    // The body is described by its schema and checked by its system, which says more, and everything at once.
    validatorCompiler: (route) =>
      route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route as never),
    handler: async (request, reply) => {
      const { dryRun, force } = request.query;
      const { ours, others } = sortFile(systems, request.body as ManifestFile);
      // Nothing is stored before everything has been admitted.
      const admitted: Admitted[] = [];
      for (const document of ours) admitted.push(await admitWhole(document, force));
      const aside = others.map(
        (name) => `${name} is of no kind of Keelson and was left out: kubectl apply takes it`,
      );
      if (dryRun) {
        const plans = await inOrder(admitted, async ({ merged: { kind, resource, spec }, warnings }) => {
          const planned = await plan(temporal, kind, { resource, spec });
          return { ...planned, warnings: [...warnings, ...planned.warnings] };
        });
        return reply.code(200).send(oneOrAll(plans, aside));
      }
      const answers = await inOrder(admitted, async ({ manifest, sent, warnings }) => {
        const stored = await storeManifest(kube, sent, manifest, { force, dryRun: false });
        request.log.info(
          { resource: resourceId(sent.resource), generation: generationOf(stored) },
          'manifest stored',
        );
        const answer = await handOver(stored, admit(systems, stored));
        return { ...answer, warnings };
      });
      return reply.code(202).send(oneOrAll(answers, aside));
    },
  });

  /** What others set is part of what would be stored: the rules are asked about the whole. */
  async function admitWhole({ value: manifest, warnings }: YamlDocument, force: boolean): Promise<Admitted> {
    const sent = admit(systems, manifest);
    const merged = admit(systems, await storeManifest(kube, sent, manifest, { force, dryRun: true }));
    await checkAgainstDaemons(kube, merged);
    return { manifest, sent, merged, warnings: [...warnings, ...merged.warnings] };
  }

  async function handOver(stored: CustomObject, admitted: AdmittedManifest): Promise<AcceptedAnswer> {
    const { kind, resource, spec } = admitted;
    const generation = generationOf(stored);
    const request = { uid: stored.metadata?.uid ?? '', generation, spec };
    const { operation } = await submit(temporal, kind, resource, request).catch((err: unknown) => {
      throw err instanceof Problem ? storedOnly(resource, err) : err;
    });
    return {
      id: resourceId(resource),
      operation,
      generation,
      links: links(resource, operation, temporalUi),
      warnings: [],
    };
  }
}

/** A document that was found right, as it was sent and as it would be stored. */
interface Admitted {
  readonly manifest: unknown;
  readonly sent: AdmittedManifest;
  readonly merged: AdmittedManifest;
  readonly warnings: readonly string[];
}

/** One after the other; what went through before one failed is told with the failure. */
async function inOrder<T>(
  all: readonly Admitted[],
  work: (one: Admitted) => Promise<T>,
): Promise<readonly T[]> {
  const done: T[] = [];
  for (const [i, one] of all.entries()) {
    try {
      done.push(await work(one));
    } catch (err) {
      const problem = asProblem(err);
      if (problem === undefined || all.length === 1) throw err;
      const before = all.slice(0, i).map(({ sent }) => resourceId(sent.resource));
      const through = before.length === 0 ? 'none before it' : `before it ${before.join(', ')} went through`;
      const detail = `document ${i + 1} of ${all.length}, ${resourceId(one.sent.resource)}: ${problem.facts.detail} (${through})`;
      throw new Problem(problem.code, { ...problem.facts, detail, cause: err });
    }
  }
  return done;
}

/** The answer of a single manifest stands by itself. */
function oneOrAll<T extends { readonly warnings: readonly string[] }>(
  answers: readonly T[],
  aside: readonly string[],
): T | { items: T[] } {
  const [first, ...more] = answers;
  if (first === undefined) return { items: [] };
  const whole = { ...first, warnings: [...aside, ...first.warnings] };
  return more.length === 0 ? whole : { items: [whole, ...more] };
}

const kindNames = ({ kinds }: SystemRegistry): string =>
  kinds.map(({ kind }) => kind.resource.kind).join(', ');

/** The schemas of all kinds, for the documentation. */
function bodyOf({ kinds }: SystemRegistry): z.ZodType {
  const [first, ...others] = kinds.map(({ kind }) => kind.schema);
  if (first === undefined) return z.object({});
  return others.length === 0 ? first : z.union([first, ...others]);
}

const generationOf = (stored: CustomObject): number => stored.metadata?.generation ?? 0;

/** The manifest is safe in Kubernetes; only its delivery has to wait. */
function storedOnly({ namespace, name }: ResourceRef, problem: Problem): Problem {
  if (problem.code !== 'TemporalUnavailable' && problem.code !== 'WorkerNotAnswering') return problem;
  return new Problem(problem.code, {
    ...problem.facts,
    detail: `${problem.facts.detail}. The manifest is stored, and the watch hands it on as soon as that works again`,
    next: `nothing needs to be sent again: keelson watch ${name} -n ${namespace}; ${problem.facts.next}`,
  });
}
