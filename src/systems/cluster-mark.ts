/**
 * Every container of a cluster carries this variable with the cluster id, so that a node worker, which cannot ask
 * Kubernetes, tells the cluster's own daemons from strangers when a port is taken.
 */
export const CLUSTER_ID_VARIABLE = 'KEELSON_CLUSTER_ID';
