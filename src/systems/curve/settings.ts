/**
 * Sizes that chunks and segments have for ever, in lower case (docs/curve.md#what-can-never-change): curve_format writes chunks of
 * 16 MiB, and what mds counts must be the same on every disk that is added later.
 */
export const SIZE_KEYS: ReadonlySet<string> = new Set([
  'mds.curvefs.defaultchunksize',
  'mds.curvefs.defaultsegmentsize',
]);

/**
 * Keys of the configuration files that are computed from the layout (the templated keys of docs/curve.md#computed-settings), in lower
 * case. They cannot be set by hand: the parts of the cluster would no longer find each other or their data.
 */
export const COMPUTED_KEYS: Readonly<Record<'etcd' | 'mds', ReadonlySet<string>>> = {
  etcd: new Set([
    'name',
    'data-dir',
    'wal-dir',
    'listen-peer-urls',
    'initial-advertise-peer-urls',
    'listen-client-urls',
    'advertise-client-urls',
    'initial-cluster',
    // members form one cluster once, under one token; a lone change here would make a member refuse the others
    'initial-cluster-state',
    'initial-cluster-token',
    'force-new-cluster',
    'discovery',
    'discovery-srv',
  ]),
  mds: new Set([
    'mds.listen.addr',
    'mds.dummy.listen.port',
    'global.port',
    'global.subnet',
    'mds.etcd.endpoint',
    'mds.snapshotcloneclient.addr',
    'mds.common.logdir',
  ]),
};
