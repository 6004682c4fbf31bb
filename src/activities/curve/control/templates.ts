import { createHash } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/activity';
import { applyOwned } from '../../../kube/apply.ts';
import type { Kube } from '../../../kube/client.ts';
import { KubeError } from '../../../kube/errors.ts';
import { readLog } from '../../../kube/logs.ts';
import { find } from '../../../kube/objects.ts';
import { CONFIG_MAPS } from '../../../kube/resources.ts';
import { curveFailure } from '../../../systems/curve/failures.ts';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import { ANNOTATION } from '../../../systems/names.ts';
import { names } from '../../../systems/curve/names.ts';
import { templatesObject } from '../../../systems/curve/objects/cluster.ts';
import { templatesJob } from '../../../systems/curve/objects/jobs.ts';
import { TemplateError, type Templates } from '../../../systems/curve/render.ts';
import { parseTemplates } from '../../../systems/curve/templates.ts';
import { applicationFailure } from '../../failure.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { ownedBy } from '../../control/desired-state.ts';
import { scopeOf } from './scopes.ts';
import type { JobRun } from '../../control/job-runs.ts';
import { runJob } from '../../control/run-job.ts';
import { lostTool } from '../../control/tool-job.ts';

interface Read {
  readonly files: readonly string[];
  readonly sha256: string;
}

/** Reads the image's templates once and keeps them; what is kept from the same image is taken as it is. */
export async function readTemplates(work: ActivityContext, context: CurveContext): Promise<Read> {
  const kept = await find(work.kube, CONFIG_MAPS, at(context));
  const annotations = kept?.metadata?.annotations ?? {};
  const sha256 = annotations[ANNOTATION.sha256];
  if (annotations[ANNOTATION.image] === context.image && sha256 !== undefined) {
    return { files: Object.keys(kept?.data ?? {}), sha256 };
  }
  const words = `read the templates out of ${context.image}`;
  const run = await runJob(work, {
    context,
    scope: scopeOf(context, 'templates'),
    words,
    harmless: true,
    build: (attempt) => templatesJob(context, attempt),
    failureOf: (ended) => Promise.resolve(failureOf(context, words, ended)),
  });
  return keep(work.kube, context, parsed(context, await logOf(work, words, run)));
}

/** The templates that readTemplates kept. */
export async function keptTemplates(kube: Kube, context: CurveContext): Promise<Templates> {
  const kept = await find(kube, CONFIG_MAPS, at(context));
  if (kept?.data !== undefined) return kept.data;
  const { namespace, name } = at(context);
  const subject = `ConfigMap ${namespace}/${name}`;
  throw applicationFailure(
    curveFailure('TemplatesMissing', {
      message: `${subject} with the image's templates is missing: it was there and has been removed`,
      subject,
    }),
  );
}

const at = ({ operation }: CurveContext): { readonly namespace: string; readonly name: string } => ({
  namespace: operation.namespace,
  name: names.templates(operation.name),
});

async function keep(kube: Kube, context: CurveContext, templates: Templates): Promise<Read> {
  const files = Object.keys(templates).toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0${templates[file] ?? ''}\0`);
  const sha256 = hash.digest('hex');
  const object = templatesObject(context, templates);
  const annotations = { [ANNOTATION.image]: context.image, [ANNOTATION.sha256]: sha256 };
  await applyOwned(kube, { ...object, metadata: { ...object.metadata, annotations } }, ownedBy(context));
  return { files, sha256 };
}

function failureOf(context: CurveContext, words: string, run: JobRun): ApplicationFailure | undefined {
  if (run.state === 'succeeded') return undefined;
  if (run.exitCode === undefined) return lostTool(words, run);
  return unusable(context, `the Job that prints them ended with ${run.exitCode}: ${run.reason}`);
}

/** The log of a pod that has just ended well; one that was removed meanwhile is read by another run. */
async function logOf({ kube }: ActivityContext, words: string, run: JobRun): Promise<string> {
  const { namespace = '', name = '' } = run.pod?.metadata ?? {};
  try {
    if (run.pod) return await readLog(kube, { namespace, pod: name, container: 'read' });
  } catch (error) {
    if (!(error instanceof KubeError) || error.permanent) throw error;
  }
  throw lostTool(words, run);
}

function parsed(context: CurveContext, log: string): Templates {
  try {
    return parseTemplates(log);
  } catch (error) {
    if (error instanceof TemplateError) throw unusable(context, error.message);
    throw error;
  }
}

const unusable = ({ image }: CurveContext, why: string): ApplicationFailure =>
  applicationFailure(
    curveFailure('TemplatesUnusable', {
      message: `cannot use image ${image}: its templates below /curvebs/conf cannot be read: ${why}`,
      subject: `image ${image}`,
    }),
  );
