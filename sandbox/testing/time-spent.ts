/** Something that was going on from one moment to another, in milliseconds. */
export interface Span<Kind extends string> {
  readonly kind: Kind;
  readonly from: number;
  readonly to: number;
}

/**
 * Shares out the time between two moments: each millisecond counts once, for the first of `kinds` that was going on
 * then; `idle` is what is left. So things that ran beside each other are not counted twice.
 */
export function shareOut<Kind extends string>(
  window: { readonly from: number; readonly to: number },
  spans: readonly Span<Kind>[],
  kinds: readonly Kind[],
): Record<Kind | 'idle', number> {
  const edges = [window.from, window.to, ...spans.flatMap(({ from, to }) => [from, to])]
    .filter((edge) => edge >= window.from && edge <= window.to)
    .sort((a, b) => a - b);
  const shares = Object.fromEntries([...kinds, 'idle'].map((kind) => [kind, 0])) as Record<
    Kind | 'idle',
    number
  >;
  edges.slice(1).forEach((to, index) => {
    const from = edges[index] ?? to;
    const kind = kinds.find((wanted) =>
      spans.some((span) => span.kind === wanted && span.from <= from && span.to >= to),
    );
    shares[kind ?? 'idle'] += to - from;
  });
  return shares;
}
