import type { FastifyInstance } from 'fastify';
import { type ZodTypeProvider, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CustomObject } from '../../kube/resources.ts';
import { type AdmittedManifest, admit, checkAgainstDaemons } from '../../requests/admission.ts';
import { type AcceptedAnswer, accepted } from '../../requests/answers/clusters.ts';
import { plan as planSchema } from '../../requests/answers/nodes.ts';
import { Problem } from '../../requests/problems.ts';
import { storeManifest } from '../../requests/store.ts';
import { plan, submit } from '../../requests/submit.ts';
import { links, resourceId } from '../../requests/view/cluster.ts';
import type { ResourceRef } from '../../systems/operation.ts';
import type { SystemRegistry } from '../../systems/system.ts';
import { MANIFEST_TYPES } from '../body.ts';
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
        'answers with the same operation.',
      security,
      consumes: MANIFEST_TYPES.slice(0, 2),
      querystring: query,
      body: bodyOf(systems),
      response: { 200: planSchema, 202: accepted, ...problems },
    },
    // The body is described by its schema and checked by its system, which says more, and everything at once.
    validatorCompiler: (route) =>
      route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route as never),
    handler: async (request, reply) => {
      const { dryRun, force } = request.query;
      const manifest: unknown = request.body;
      const sent = admit(systems, manifest);
      // What others set is part of what would be stored: the rules are asked about the whole.
      const merged = admit(systems, await storeManifest(kube, sent, manifest, { force, dryRun: true }));
      await checkAgainstDaemons(kube, merged);
      if (dryRun) {
        const { kind, resource, spec, warnings } = merged;
        const planned = await plan(temporal, kind, { resource, spec });
        return reply.code(200).send({ ...planned, warnings: [...warnings, ...planned.warnings] });
      }
      const stored = await storeManifest(kube, sent, manifest, { force, dryRun: false });
      request.log.info(
        { resource: resourceId(sent.resource), generation: generationOf(stored) },
        'manifest stored',
      );
      return reply.code(202).send(await handOver(stored, admit(systems, stored)));
    },
  });

  async function handOver(stored: CustomObject, admitted: AdmittedManifest): Promise<AcceptedAnswer> {
    const { kind, resource, spec, warnings } = admitted;
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
      warnings,
    };
  }
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
