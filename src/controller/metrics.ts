import { Counter, Gauge, type Registry } from 'prom-client';

export interface ControllerMetrics {
  readonly leading: Gauge;
  readonly queue: Gauge;
  readonly deliveries: Counter;
  readonly looks: Counter;
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
      help: 'Clusters whose document waits to be handed over',
      registers,
    }),
    deliveries: new Counter({
      name: 'keelson_controller_deliveries_total',
      help: 'Documents looked at by outcome: delivered, refused, known, gone, failed (tried again)',
      labelNames: ['outcome'],
      registers,
    }),
    looks: new Counter({
      name: 'keelson_controller_looks_total',
      help: 'Looks at clusters by outcome: done, failed',
      labelNames: ['outcome'],
      registers,
    }),
    troubles: new Counter({
      name: 'keelson_controller_watch_troubles_total',
      help: 'Interruptions of watches that were got over',
      registers,
    }),
  };
}
