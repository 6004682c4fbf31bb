import { Counter, Gauge, type Registry } from 'prom-client';

export interface ControllerMetrics {
  readonly leading: Gauge;
  readonly queue: Gauge;
  readonly deliveries: Counter;
  readonly healthChecks: Counter;
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
      name: 'keelson_controller_health_checks_total',
      help: 'Health checks of clusters by outcome: done, failed',
      labelNames: ['outcome'],
      registers,
    }),
    troubles: new Counter({
      name: 'keelson_controller_watch_troubles_total',
      help: 'Interruptions of watches that went on by themselves',
      registers,
    }),
  };
}
