/** Asks until the answer satisfies, with a short capped backoff; fails with the last answer. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
  withinMs: number,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: T | Error | undefined;
  for (let pause = 50; Date.now() < deadline; pause = Math.min(pause * 2, 1_000)) {
    try {
      const answer = await ask();
      if (satisfied(answer)) return answer;
      last = answer;
    } catch (err) {
      last = err as Error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  const seen = last instanceof Error ? last.stack : JSON.stringify(last, undefined, 2);
  throw new Error(`within ${withinMs / 1_000} s not: ${what}. Last seen: ${seen}`);
}
