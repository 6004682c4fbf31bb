import { Counter, Gauge, type Registry } from 'prom-client';

export interface ControllerMetrics {
  readonly leading: Gauge;
  readonly queue: Gauge;
  readonly deliveries: Counter;
  readonly healthChecks: Counter;
  readonly nodeWatches: Counter;
  readonly unobserved: Gauge;
  readonly troubles: Counter;
}

export function controllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  return {
    leading: new Gauge({
      name: 'keelson_controller_leading',
      help: '1 in the replica that holds the lease: the sum over all replicas must be 1',
      registers,
    }),
    queue: new Gauge({
      name: 'keelson_controller_queue_depth',
      help: 'Resources whose manifest waits to be handed over',
      registers,
    }),
    deliveries: new Counter({
      name: 'keelson_controller_deliveries_total',
      help: 'Manifests read by outcome: delivered, refused, known, gone, failed (tried again)',
      labelNames: ['outcome'],
      registers,
    }),
    healthChecks: new Counter({
      name: 'keelson_controller_health_check_handovers_total',
      help: 'Manifests handed to the health check of their cluster by outcome: done, failed (tried again)',
      labelNames: ['outcome'],
      registers,
    }),
    nodeWatches: new Counter({
      name: 'keelson_controller_node_watches_total',
      help: 'Watches of nodes by outcome: started, failed (tried again)',
      labelNames: ['outcome'],
      registers,
    }),
    unobserved: new Gauge({
      name: 'keelson_controller_unobserved_clusters',
      help: 'Clusters that no health check has observed for a minute: their Ready is Unknown',
      registers,
    }),
    troubles: new Counter({
      name: 'keelson_controller_watch_troubles_total',
      help: 'Interruptions of watches that went on by themselves',
      registers,
    }),
  };
}
