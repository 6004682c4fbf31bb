import type { FastifyInstance } from 'fastify';
import { type ZodTypeProvider, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CurveClusterObject } from '../../kube/resources.ts';
import { clusterSchema } from '../../systems/curve/spec.ts';
import { type ClusterRef, clusterWorkflowId } from '../../workflows/messages.ts';
import { type AcceptedAnswer, accepted } from '../../requests/answers/clusters.ts';
import { plan as planSchema } from '../../requests/answers/nodes.ts';
import { MANIFEST_TYPES } from '../body.ts';
import { type AdmittedManifest, checkAgainstDaemons, admit } from '../../requests/admission.ts';
import { Problem } from '../../requests/problems.ts';
import type { RouteParts } from '../server.ts';
import { storeManifest } from '../../requests/store.ts';
import { plan, submit } from '../../requests/submit.ts';
import { links } from '../../requests/view/cluster.ts';
import { flag, problems, security } from './schemas.ts';

const query = z.object({
  dryRun: flag.describe('Answer the plan and change nothing'),
  force: flag.describe('Take over fields that another field manager has set'),
});

/** Taking in a manifest, or planning what it would do. */
export function applyRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { kube, client, temporalUi } = parts;

  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/clusters',
    schema: {
      tags: ['clusters'],
      summary: 'Apply a CurveCluster, or plan it with dryRun=true',
      description:
        'Stores the resource (server-side apply) and hands it to the workflow of the cluster. The same document again ' +
        'answers with the same operation.',
      security,
      consumes: MANIFEST_TYPES.slice(0, 2),
      querystring: query,
      body: clusterSchema,
      response: { 200: planSchema, 202: accepted, ...problems },
    },
    // The body is described by its schema and checked by readCluster, which says more, and everything at once.
    validatorCompiler: (route) =>
      route.httpPart === 'body' ? (value: unknown) => ({ value }) : validatorCompiler(route as never),
    handler: async (request, reply) => {
      const { dryRun, force } = request.query;
      const document: unknown = request.body;
      const { cluster } = admit(document);
      // What others set is part of what would be stored: the rules are asked about the whole.
      const checked = admit(await storeManifest(kube, cluster, document, { force, dryRun: true }));
      await checkAgainstDaemons(kube, checked);
      if (dryRun) {
        const { cluster, spec, warnings } = checked;
        const planned = await plan(client, { cluster, spec });
        return reply.code(200).send({ ...planned, warnings: [...warnings, ...planned.warnings] });
      }
      const stored = await storeManifest(kube, cluster, document, { force, dryRun: false });
      request.log.info(
        { cluster: clusterWorkflowId(cluster), generation: generationOf(stored) },
        'manifest stored',
      );
      return reply.code(202).send(await handOver(stored, admit(stored)));
    },
  });

  async function handOver(stored: CurveClusterObject, checked: AdmittedManifest): Promise<AcceptedAnswer> {
    const { cluster, spec, warnings } = checked;
    const generation = generationOf(stored);
    const { operation } = await submit(client, cluster, {
      uid: stored.metadata?.uid ?? '',
      generation,
      spec,
    }).catch((err: unknown) => {
      throw err instanceof Problem ? storedOnly(cluster, err) : err;
    });
    return {
      id: clusterWorkflowId(cluster),
      operation,
      generation,
      links: links(cluster, operation, temporalUi),
      warnings,
    };
  }
}

const generationOf = (stored: CurveClusterObject): number => stored.metadata?.generation ?? 0;

/** The manifest is safe in Kubernetes; only its delivery has to wait. */
function storedOnly(cluster: ClusterRef, problem: Problem): Problem {
  if (problem.code !== 'TemporalUnavailable' && problem.code !== 'WorkerNotAnswering') return problem;
  return new Problem(problem.code, {
    ...problem.facts,
    detail: `${problem.facts.detail}. The manifest is stored, and the watch hands it on as soon as that works again`,
    next: `nothing needs to be sent again: keelson watch ${cluster.name} -n ${cluster.namespace}; ${problem.facts.next}`,
  });
}
