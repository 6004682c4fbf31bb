import type { FastifyBaseLogger } from 'fastify';
import type { Registry } from 'prom-client';
import type { Kube } from '../kube/client.ts';
import type { Temporal } from '../requests/temporal.ts';
import type { SystemRegistry } from '../systems/system.ts';
import type { TokenSource } from './auth.ts';
import type { ClusterStates } from './cluster-state.ts';

/** What the API is made of; src/workers/api.ts builds it from the environment. */
export interface ApiParts {
  readonly kube: Kube;
  readonly temporal: Temporal;
  readonly systems: SystemRegistry;
  readonly token: TokenSource;
  /** Address of the Temporal UI up to and with the namespace; absent when nobody told. */
  readonly temporalUi?: string | undefined;
  readonly registry: Registry;
  readonly logger: FastifyBaseLogger;
  readonly version: string;
}

/** What the routes work with. */
export interface RouteParts extends ApiParts {
  readonly clusters: ClusterStates;
}
