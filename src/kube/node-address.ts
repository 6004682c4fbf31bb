import type { NODES } from './resources.ts';

type Node = NonNullable<typeof NODES.shape>;

const internal = ({ status }: Node): readonly string[] =>
  (status?.addresses ?? []).flatMap(({ type, address }) => (type === 'InternalIP' ? [address] : []));

/** The InternalIP of IPv4, wherever it stands: a dual-stack node may tell its IPv6 address first. */
export const internalIp = (node: Node): string | undefined =>
  internal(node).find((address) => !address.includes(':'));

/** An InternalIP of a node that has none of IPv4. */
export const internalIpv6Alone = (node: Node): string | undefined =>
  internalIp(node) === undefined ? internal(node)[0] : undefined;
