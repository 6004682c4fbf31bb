import type { HeldLease } from '../kube/lease.ts';

export type Lease = Pick<HeldLease, 'hold' | 'release'>;

export interface LeadOptions {
  /** So long after a write was asked for, the lease can no longer be relied on. */
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
  lease: Lease,
  lead: (signal: AbortSignal) => Promise<void>,
  options: LeadOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const asked = performance.now();
    if (await tryHold(lease, options)) await oneTerm(lease, asked, lead, options, signal);
    await pause(options.retryMs, signal);
  }
}

async function oneTerm(
  lease: Lease,
  asked: number,
  lead: (signal: AbortSignal) => Promise<void>,
  options: LeadOptions,
  signal: AbortSignal,
): Promise<void> {
  const term = new AbortController();
  const until = AbortSignal.any([signal, term.signal]);
  options.onChange(true);
  const renewing = renew(lease, asked, options, until, () => term.abort());
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

/**
 * Ends the term when the lease was lost, or when the last write is too old to be sure of it: counted from when that was
 * asked for, and also while an answer is waited for. The others count from when they saw it, which is later.
 */
async function renew(
  lease: Lease,
  asked: number,
  options: LeadOptions,
  signal: AbortSignal,
  endTerm: () => void,
): Promise<void> {
  const sureFrom = (at: number) => setTimeout(endTerm, at + options.renewWithinMs - performance.now());
  let sure = sureFrom(asked);
  try {
    for (;;) {
      await pause(options.retryMs, signal);
      if (signal.aborted) return;
      const at = performance.now();
      try {
        if (!(await lease.hold())) return;
        clearTimeout(sure);
        sure = sureFrom(at);
      } catch (err) {
        options.onTrouble(err);
      }
    }
  } finally {
    clearTimeout(sure);
    endTerm();
  }
}

async function tryHold(lease: Lease, options: LeadOptions): Promise<boolean> {
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
