import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { isNotFound } from '../../kube/errors.ts';
import { get } from '../../kube/objects.ts';
import { NODES } from '../../kube/resources.ts';
import { deviceList, nodeList } from '../../requests/answers/nodes.ts';
import { readNodes } from '../nodes.ts';
import { Problem } from '../../requests/problems.ts';
import type { RouteParts } from '../parts.ts';
import { viewNode } from '../../requests/nodes.ts';
import { nodeParams, problems, security } from './schemas.ts';

/** Nodes and their disks. */
export function nodeRoutes(app: FastifyInstance, parts: RouteParts): void {
  const typed = app.withTypeProvider<ZodTypeProvider>();
  const { kube, temporal } = parts;

  typed.route({
    method: 'GET',
    url: '/v1/nodes',
    schema: {
      tags: ['nodes'],
      summary: 'All nodes, and whether their node worker asks for work',
      security,
      response: { 200: nodeList, ...problems },
    },
    handler: async () => ({ items: await readNodes(kube, temporal, new Date()) }),
  });

  typed.route({
    method: 'GET',
    url: '/v1/nodes/:node/devices',
    schema: {
      tags: ['nodes'],
      summary: 'The disks of one node, with the reasons why one cannot be used',
      description:
        'As the node worker told them last; it tells each change within seconds, and nothing is changed by asking.',
      security,
      params: nodeParams,
      response: { 200: deviceList, ...problems },
    },
    handler: async (request) => {
      const { node } = request.params;
      await get(kube, NODES, { name: node }).catch((err: unknown) => {
        throw isNotFound(err) ? unknownNode(node) : err;
      });
      const { answered, since, trouble, disks = [] } = await viewNode(temporal, node);
      if (answered !== true) throw silentNode(node, since);
      if (trouble !== undefined) throw unreadableNode(node, trouble);
      return { node, disks };
    },
  });
}

const unknownNode = (node: string): Problem =>
  new Problem('NodeNotFound', {
    subject: `node ${node}`,
    detail: `Kubernetes has no node "${node}"`,
    next: 'see which there are: keelson nodes, or kubectl get nodes',
  });

const silentNode = (node: string, since: string | undefined): Problem =>
  new Problem('NodeNotAnswering', {
    subject: `node ${node}`,
    detail: `the node worker of "${node}" does not answer${since === undefined ? '' : ` since ${since}`}`,
    next: `see whether the node is up and its worker runs: kubectl get pods -A -l app.kubernetes.io/component=node --field-selector spec.nodeName=${node}`,
    retryAfter: 10,
  });

const unreadableNode = (node: string, trouble: string): Problem =>
  new Problem('NodesNotRead', {
    subject: `node ${node}`,
    detail: `the node worker of "${node}" cannot list its disks: ${trouble}`,
    next: 'correct that on the node; the list comes back by itself',
  });
