import {
  type Client,
  NamespaceNotFoundError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
} from '@temporalio/client';
import { ApplicationFailure, rootCause } from '@temporalio/common';
import { detailsIn } from '../systems/failure.ts';
import type { Installation } from '../workflows/ids.ts';
import { Problem } from './problems.ts';

/** The Temporal namespace that holds our executions, and which of them are ours. */
export interface Temporal {
  readonly client: Client;
  readonly installation: Installation;
}

/** How long each kind of call may take. The SDK has no limits of its own: without these a lost server hangs a request. */
export const DEADLINE_MS = {
  /** Queries and descriptions: a living server and worker answer within milliseconds, and a person waits. */
  read: 4_000,
  /** Whether the server is there at all: found out first, since the SDK keeps trying for as long as a call may take. */
  reach: 2_000,
  /** An update may make the entity ask Kubernetes for the live resource first. */
  update: 12_000,
  /** A node that was never asked: silence is noticed within 25 s. */
  firstAnswer: 30_000,
  /** Reading nodes: a node that does not answer is noticed after 8 s, and the others are looked at besides. */
  observe: 60_000,
  /** Kubelets give a probe one second, and a Temporal that is away must not make the API look unready. */
  probe: 400,
  /** Telling a dead server from a dead worker, after another call has used up its own time. */
  check: 2_000,
} as const;

/** Runs calls to Temporal with a deadline, and turns what can go wrong on the way into problems, once. */
export async function within<T>(client: Client, milliseconds: number, call: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + milliseconds, call);
  } catch (err) {
    throw await asProblem(client, err);
  }
}

/** As {@link within}, for an execution that need not exist: undefined when it does not. */
export async function whenFound<T>(
  client: Client,
  milliseconds: number,
  call: () => Promise<T>,
): Promise<T | undefined> {
  return within(client, milliseconds, () =>
    call().catch((err: unknown) => {
      if (err instanceof WorkflowNotFoundError) return undefined;
      throw err;
    }),
  );
}

/** gRPC status codes, by number: the package that names them is not ours to import. */
const GRPC = {
  CANCELLED: 1,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  FAILED_PRECONDITION: 9,
  UNAUTHENTICATED: 16,
};

async function asProblem(client: Client, err: unknown): Promise<unknown> {
  if (err instanceof NamespaceNotFoundError) return namespaceMissing(err);
  if (err instanceof WorkflowUpdateFailedError) return refused(err);
  if (err instanceof WorkflowFailedError || err instanceof WorkflowNotFoundError) return err;
  if (err instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return silence(client, err);
  const code = grpcCode(err);
  if (code === undefined) return err;
  if (code === GRPC.DEADLINE_EXCEEDED || code === GRPC.CANCELLED) return silence(client, err);
  // Asked for a query, the server answers this when it knows that nobody polls the queue.
  if (code === GRPC.FAILED_PRECONDITION) return workerSilent(err);
  return serverSilent(err, code);
}

function grpcCode(err: unknown): number | undefined {
  if (isGrpcServiceError(err)) return err.code;
  if (err instanceof ServiceError && err.cause !== undefined) return grpcCode(err.cause);
  return undefined;
}

/** Nothing came back in time: is it the server, or the worker behind it? */
async function silence(client: Client, cause: unknown): Promise<Problem> {
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS.check, () => client.workflowService.getSystemInfo({}));
    return workerSilent(cause);
  } catch {
    return serverSilent(cause);
  }
}

const workerSilent = (cause: unknown): Problem =>
  new Problem('WorkerNotAnswering', {
    subject: 'control worker',
    detail: 'Temporal took the request, but no control worker handled it in time',
    next: 'see why it does not run: kubectl get pods -A -l app.kubernetes.io/component=control',
    retryAfter: 5,
    cause,
  });

function serverSilent(cause: unknown, code?: number): Problem {
  const denied = code === GRPC.PERMISSION_DENIED || code === GRPC.UNAUTHENTICATED;
  return new Problem('TemporalUnavailable', {
    subject: 'Temporal',
    detail: denied ? 'Temporal does not accept the credentials of Keelson' : 'Temporal could not be reached',
    next: denied
      ? 'give the chart a valid certificate or API key for Temporal'
      : 'see that the Temporal server runs and that its address is right',
    retryAfter: 5,
    cause,
  });
}

const namespaceMissing = (err: NamespaceNotFoundError): Problem =>
  new Problem('TemporalUnavailable', {
    subject: `Temporal namespace ${err.namespace}`,
    detail: `Temporal has no namespace "${err.namespace}"`,
    next: `create it: temporal operator namespace create ${err.namespace}`,
    retryAfter: 30,
    cause: err,
  });

function refused(err: WorkflowUpdateFailedError): Problem {
  const failure = err.cause;
  const type = failure instanceof ApplicationFailure ? failure.type : undefined;
  const why = rootCause(failure) ?? err.message;
  return new Problem('OperationRefused', {
    subject: 'the workflow of the cluster',
    detail: type ? `${type}: ${why}` : why,
    next: nextStepOf(err) ?? 'see what the cluster does now: keelson get <name>',
    cause: err,
  });
}

/** What the failure in a chain of causes says that a person does next, if it says so. */
export function nextStepOf(err: unknown): string | undefined {
  if (err instanceof ApplicationFailure) return detailsIn(err.details)?.next ?? nextStepOf(err.cause);
  return err instanceof Error ? nextStepOf(err.cause) : undefined;
}
