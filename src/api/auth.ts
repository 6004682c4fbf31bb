import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../requests/problems.ts';

/** Gives the token that callers must show; read again for each request, so that a rotated Secret counts at once. */
export type TokenSource = () => Promise<string>;

/** The token in a file, as a mounted Secret holds it. An empty file is an error, never an open door. */
export function tokenFile(path: string): TokenSource {
  return async () => {
    const token = (await readFile(path, 'utf8')).trim();
    if (token === '') throw new Error(`the token file ${path} is empty: write the API's token into it`);
    return token;
  };
}

/** Refuses a request without the right bearer token. */
export function requireToken(source: TokenSource): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (given !== undefined && sameSecret(given, await source())) return;
    throw new Problem('Unauthorized', {
      subject: `${request.method} ${request.url.split('?')[0]}`,
      detail:
        given === undefined ? 'the request carries no bearer token' : 'the bearer token is not the right one',
      next: 'send the header "Authorization: Bearer <token>"; the token is in the Secret that the chart names',
    });
  };
}

/** Compares digests, so that neither time nor length tells anything about the secret. */
function sameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
