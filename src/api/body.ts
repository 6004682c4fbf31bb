import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseAllDocuments } from 'yaml';
import { Problem } from '../requests/problems.ts';

/** What kubectl and people send. */
export const MANIFEST_TYPES = [
  'application/yaml',
  'application/json',
  'application/x-yaml',
  'text/yaml',
  'text/x-yaml',
];

/** Bodies arrive as the value that the one YAML or JSON document in them says. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    MANIFEST_TYPES,
    { parseAs: 'string' },
    async (_request: FastifyRequest, body: string) => readManifest(body),
  );
}

/** JSON is YAML, so one parser reads both and says line and column for both. */
export function readManifest(text: string): unknown {
  const documents = parseAllDocuments(text);
  const found = Array.isArray(documents)
    ? documents.filter((d) => d.contents !== null || d.errors.length > 0)
    : [];
  const [document, ...others] = found;
  if (document === undefined) throw unreadable('the body is empty');
  if (others.length > 0) throw unreadable(`the body holds ${found.length} documents, one is taken at a time`);
  const [error] = document.errors;
  if (error !== undefined) throw unreadable(error.message.split('\n')[0] ?? 'no YAML');
  try {
    return document.toJS();
  } catch (err) {
    // Too many aliases: a document made to fill the memory.
    throw unreadable(err instanceof Error ? err.message : String(err));
  }
}

const unreadable = (detail: string): Problem =>
  new Problem('ManifestUnreadable', {
    subject: 'the body of the request',
    detail,
    next: 'send one manifest as YAML or JSON; examples/ holds some to start from',
  });
