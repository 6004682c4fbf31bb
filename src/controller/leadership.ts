import type { HeldLease } from '../kube/lease.ts';

export interface LeadOptions {
  readonly renewWithinMs: number;
  readonly retryMs: number;
  /** Told when the lease is won or lost, and of errors on the way. */
  readonly onChange: (leads: boolean) => void;
  readonly onTrouble: (err: unknown) => void;
}

/**
 * Runs `lead` for as long as the lease is held, again and again, until `signal`. The signal given to `lead` ends when
 * the lease can no longer be relied on; nobody contends again before `lead` has ended.
 */
export async function whileLeading(
  lease: HeldLease,
  lead: (signal: AbortSignal) => Promise<void>,
  options: LeadOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (await tryHold(lease, options)) await oneTerm(lease, lead, options, signal);
    await pause(options.retryMs, signal);
  }
}

async function oneTerm(
  lease: HeldLease,
  lead: (signal: AbortSignal) => Promise<void>,
  options: LeadOptions,
  signal: AbortSignal,
): Promise<void> {
  const term = new AbortController();
  const until = AbortSignal.any([signal, term.signal]);
  options.onChange(true);
  const renewing = renew(lease, options, until).finally(() => term.abort());
  try {
    await lead(until);
  } catch (err) {
    if (!until.aborted) options.onTrouble(err);
  } finally {
    term.abort();
    await renewing;
    options.onChange(false);
    await lease.release().catch(options.onTrouble);
  }
}

/** Ends when the lease was lost, or could not be renewed for too long to be sure of it. */
async function renew(lease: HeldLease, options: LeadOptions, signal: AbortSignal): Promise<void> {
  let renewed = performance.now();
  while (!signal.aborted && performance.now() - renewed < options.renewWithinMs) {
    await pause(options.retryMs, signal);
    if (signal.aborted) return;
    try {
      if (!(await lease.hold())) return;
      renewed = performance.now();
    } catch (err) {
      options.onTrouble(err);
    }
  }
}

async function tryHold(lease: HeldLease, options: LeadOptions): Promise<boolean> {
  try {
    return await lease.hold();
  } catch (err) {
    options.onTrouble(err);
    return false;
  }
}

/** Ends early, and without an error, when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
