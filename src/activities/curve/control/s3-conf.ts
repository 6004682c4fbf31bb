import { createHmac } from 'node:crypto';
import type { Kube } from '../../../kube/client.ts';
import { find } from '../../../kube/objects.ts';
import { SECRETS } from '../../../kube/resources.ts';
import { curveFailure } from '../../../systems/curve/failures.ts';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import type { Secret } from '../../../systems/curve/objects/manifest.ts';
import { type S3File, s3File, s3Secret } from '../../../systems/curve/objects/s3.ts';
import { type Templates, renderS3 } from '../../../systems/curve/render.ts';
import { applicationFailure } from '../../failure.ts';

/** The keys of an S3 server. They live from the reading of the Secret to the end of one activity, and nowhere else. */
export interface S3Keys {
  readonly ak: string;
  readonly sk: string;
}

export interface S3Conf {
  /** s3.conf, to be applied before what mounts it. */
  readonly secret: Secret;
  readonly file: S3File;
}

/** s3.conf with the keys in it; with the image's own values when no S3 is used: chunkservers want the file all the same. */
export async function s3Conf(kube: Kube, context: CurveContext, templates: Templates): Promise<S3Conf> {
  const content = renderS3(templates, context.s3, await s3Keys(kube, context));
  // Keyed, so that the annotation on a Deployment does not help anybody to guess the content.
  const revision = createHmac('sha256', context.clusterId).update(content).digest('hex').slice(0, 16);
  return { secret: s3Secret(context, content), file: s3File(context, revision) };
}

/** The keys out of the Secret that the spec names; undefined when it names none. */
export async function s3Keys(kube: Kube, { operation, s3 }: CurveContext): Promise<S3Keys | undefined> {
  if (s3 === undefined) return undefined;
  const secret = await find(kube, SECRETS, { namespace: operation.namespace, name: s3.secretName });
  const [ak, sk] = [decoded(secret?.data?.['ak']), decoded(secret?.data?.['sk'])];
  if (ak !== undefined && sk !== undefined) return { ak, sk };
  const subject = `Secret ${operation.namespace}/${s3.secretName}`;
  throw applicationFailure(
    curveFailure('S3SecretUnusable', {
      message: `${subject} ${secret ? 'lacks ak or sk' : 'does not exist'}`,
      subject,
      values: { namespace: operation.namespace, secret: s3.secretName },
    }),
  );
}

function decoded(base64: string | undefined): string | undefined {
  const text = Buffer.from(base64 ?? '', 'base64')
    .toString('utf8')
    .trim();
  return text === '' ? undefined : text;
}
