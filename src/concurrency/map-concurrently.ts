/**
 * Runs `work` for every item, at most `limit` at a time, and answers the results in the order of the items. After a
 * failure nothing more is begun; what runs is waited for, and the first failure in the order of the items is thrown.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const failures: { readonly index: number; readonly reason: unknown }[] = [];
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    // The lanes share one iterator, so each item is taken once.
    for (const [index, item] of waiting) {
      try {
        results[index] = await work(item);
      } catch (reason) {
        failures.push({ index, reason });
      }
      if (failures.length > 0) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  const [first] = failures.sort((a, b) => a.index - b.index);
  if (first !== undefined) throw first.reason;
  return results;
}

/** As {@link mapConcurrently}, but a failure keeps no other item from its turn: answers how each ended. */
export const settleConcurrently = <T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> =>
  mapConcurrently(items, limit, (item) =>
    work(item).then(
      (value) => ({ status: 'fulfilled', value }) as const,
      (reason: unknown) => ({ status: 'rejected', reason }) as const,
    ),
  );
