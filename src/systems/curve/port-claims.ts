import type { CurveLayout } from './layout.ts';

/** A port that a daemon of the cluster will listen on, on one node. */
export interface PortClaim {
  readonly port: number;
  readonly ip: string;
  /** For messages: which daemon wants it. */
  readonly service: string;
}

/** Every port that daemons of this cluster listen on at one node. */
export function portClaims({ context, storage }: CurveLayout, node: string): readonly PortClaim[] {
  const here = <T extends { readonly node: string }>(instances: readonly T[]) =>
    instances.filter((i) => i.node === node);
  return [
    ...here(context.etcd).flatMap(({ ip, id, peerPort, clientPort }) => [
      { ip, port: peerPort, service: `etcd ${id} (peers)` },
      { ip, port: clientPort, service: `etcd ${id} (clients)` },
    ]),
    ...here(context.mds).flatMap(({ ip, id, port, dummyPort }) => [
      { ip, port, service: `mds ${id}` },
      { ip, port: dummyPort, service: `mds ${id} (dummy)` },
    ]),
    ...here(context.snapshotclone).flatMap(({ ip, id, port, dummyPort, proxyPort }) => [
      { ip, port, service: `snapshotclone ${id}` },
      { ip, port: dummyPort, service: `snapshotclone ${id} (dummy)` },
      { ip, port: proxyPort, service: `snapshotclone ${id} (proxy)` },
    ]),
    ...here(storage).flatMap(({ ip, disks }) =>
      disks.map(({ port, device }) => ({ ip, port, service: `chunkserver of ${device}` })),
    ),
  ];
}
