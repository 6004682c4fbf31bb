import type { PortClaim } from '../port-claim.ts';
import type { CurveLayout } from './layout.ts';

/** Every port that the layout takes on this node. */
export function portClaims({ context, storage }: CurveLayout, node: string): readonly PortClaim[] {
  const here = <T extends { readonly node: string }>(all: readonly T[]): readonly T[] =>
    all.filter((i) => i.node === node);
  return [
    ...here(context.etcd).flatMap(({ id, ip, peerPort, clientPort }) => [
      { port: peerPort, ip, service: `etcd ${id} (peers)` },
      { port: clientPort, ip, service: `etcd ${id} (clients)` },
    ]),
    // brpc opens dummy ports on every address
    ...here(context.mds).flatMap(({ id, ip, port, dummyPort }) => [
      { port, ip, service: `mds ${id}` },
      { port: dummyPort, ip: '', service: `mds ${id} (dummy)` },
    ]),
    ...here(storage).flatMap(({ ip, disks }) =>
      disks.map(({ port, device }) => ({ port, ip, service: `chunkserver of ${device}` })),
    ),
    ...here(context.snapshotclone).flatMap(({ id, ip, port, dummyPort, proxyPort }) => [
      { port, ip, service: `snapshotclone ${id}` },
      { port: dummyPort, ip: '', service: `snapshotclone ${id} (dummy)` },
      { port: proxyPort, ip, service: `snapshotclone ${id} (proxy)` },
    ]),
  ];
}
