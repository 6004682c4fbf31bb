import type { CurveContext } from '../layout.ts';
import { names } from '../names.ts';
import type { Templates } from '../render.ts';
import { type MapLayout, clusterMap, renderMap } from '../topology.ts';
import { configMap, metadata, type ConfigMap } from './manifest.ts';

/** The image's templates, kept so that they are read out of it once. */
export const templatesObject = (context: CurveContext, templates: Templates): ConfigMap =>
  configMap(metadata(context, names.templates(context.operation.name)), templates);

/** The whole cluster map, as curvebs-tool gets it. */
export const topologyObject = (context: CurveContext, layout: MapLayout): ConfigMap =>
  configMap(metadata(context, names.topology(context.operation.name), { component: 'tools' }), {
    'topology.json': renderMap(clusterMap(layout)),
  });
