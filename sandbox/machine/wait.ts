import { setTimeout as pause } from 'node:timers/promises';
import { get } from 'node:https';
import { Problem } from '../problem.ts';

/**
 * Asks until the answer is not undefined. For things that cannot be watched (a socket that is to appear, a daemon
 * that is to answer). The pause between two questions is short and is not a guess of how long it takes.
 */
export async function until<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined> | T | undefined,
  onTimeout?: () => Promise<string> | string,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) {
      throw new Problem(`waited ${seconds} s in vain: ${what}`, await onTimeout?.());
    }
    await pause(50);
  }
}

/** True when the address answers with a 2xx, undefined otherwise, for use with `until`. */
export async function answers(url: string, headers: Record<string, string> = {}): Promise<true | undefined> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok ? true : undefined;
  } catch {
    return undefined;
  }
}

/** As `answers`, for a daemon whose certificate nobody signed. */
export function answersUnverified(url: string): Promise<true | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { rejectUnauthorized: false, timeout: 2000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? true : undefined);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
