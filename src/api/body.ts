import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type ManifestFile, readManifestFile } from '../requests/manifest/file.ts';
import { Problem } from '../requests/problems.ts';

/** What kubectl and people send. */
export const MANIFEST_TYPES = [
  'application/yaml',
  'application/json',
  'application/x-yaml',
  'text/yaml',
  'text/x-yaml',
];

/** Bodies arrive as the manifests that the documents in them say, in their order. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    MANIFEST_TYPES,
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => readBody(body),
  );
}

export function readBody(body: Uint8Array): ManifestFile {
  let file: ManifestFile;
  try {
    file = readManifestFile(body);
  } catch (err) {
    throw unreadable(err instanceof Error ? err.message : String(err));
  }
  if (file.length === 0) throw unreadable('the body is empty');
  return file;
}

const unreadable = (detail: string): Problem =>
  new Problem('ManifestUnreadable', {
    subject: 'the body of the request',
    detail,
    next: 'send manifests as YAML or JSON; examples/ holds some to start from',
  });
