import { cancellationSignal } from '@temporalio/activity';
import type { Kube } from '../../kube/client.ts';
import type { SystemRegistry } from '../../systems/system.ts';
import { withPulse } from '../heartbeats.ts';
import type { Ask } from './daemon-http.ts';
import { toFailure } from './kube-failure.ts';

/** What the control activities work with; built once by the worker. */
export interface ControlDeps {
  readonly kube: Kube;
  readonly ask: Ask;
  readonly systems: SystemRegistry;
  /** Who writes Events: the pod's name. */
  readonly identity: string;
}

/** The same for one run of one activity: everything ends when the activity is cancelled. */
export interface ActivityContext extends ControlDeps {
  readonly signal: AbortSignal;
}

/** The same for a part of that run, which ends with `signal` if not sooner. */
export function within(context: ActivityContext, signal: AbortSignal): ActivityContext {
  const both = AbortSignal.any([context.signal, signal]);
  return {
    ...context,
    kube: context.kube.within(signal),
    ask: (question, other) => context.ask(question, other ? AbortSignal.any([signal, other]) : signal),
    signal: both,
  };
}

/** Makes an activity of a function: binds it to the activity's cancellation, and types its errors. */
export const activity =
  <Input extends unknown[], Result>(
    deps: ControlDeps,
    run: (work: ActivityContext, ...input: Input) => Promise<Result>,
  ) =>
  async (...input: Input): Promise<Result> => {
    const signal = cancellationSignal();
    const ask: Ask = (question, other) =>
      deps.ask(question, other ? AbortSignal.any([signal, other]) : signal);
    try {
      return await run({ ...deps, kube: deps.kube.within(signal), ask, signal }, ...input);
    } catch (error) {
      signal.throwIfAborted();
      throw toFailure(error);
    }
  };

/** A step that takes seconds: it has no progress to tell, only that its worker lives. */
export const shortActivity = <Input extends unknown[], Result>(
  deps: ControlDeps,
  run: (work: ActivityContext, ...input: Input) => Promise<Result>,
) => activity(deps, (work, ...input: Input) => withPulse(() => run(work, ...input)));
