import { AwsClient } from 'aws4fetch';
import type { CurveContext } from '../../../systems/curve/layout.ts';
import type { ActivityContext } from '../../control/activity-context.ts';
import { DAEMON_TIMEOUT_MS } from '../../control/intervals.ts';
import { s3Keys } from './s3-conf.ts';

/** S3 servers other than Amazon's take any region that is signed for consistently. */
const REGION = 'us-east-1';

/**
 * Asks the S3 server for the bucket, with the keys that snapshotclone uses. Undefined: it is there and ours to use;
 * else what is wrong, without the keys.
 */
export async function askBucket(work: ActivityContext, context: CurveContext): Promise<string | undefined> {
  const { s3 } = context;
  const keys = await s3Keys(work.kube, context);
  if (s3 === undefined || keys === undefined) return 'no S3 server is named for snapshotclone';
  const client = new AwsClient({
    accessKeyId: keys.ak,
    secretAccessKey: keys.sk,
    service: 's3',
    region: REGION,
    retries: 0,
  });
  const where = `bucket ${s3.bucket} on ${s3.endpoint}`;
  try {
    const signal = AbortSignal.any([work.signal, AbortSignal.timeout(DAEMON_TIMEOUT_MS)]);
    const { status } = await client.fetch(bucketUrl(s3), { method: 'HEAD', signal });
    return status === 200 ? undefined : `${where}: ${meaning(status, context)}`;
  } catch (error) {
    work.signal.throwIfAborted();
    return `${where}: the S3 server does not answer: ${networkWords(error)}`;
  }
}

/** The bucket in the path, as servers under one name want it; http where the spec names no scheme. */
function bucketUrl({ endpoint, bucket }: { readonly endpoint: string; readonly bucket: string }): string {
  const base = /^https?:\/\//.test(endpoint) ? endpoint : `http://${endpoint}`;
  return `${base.replace(/\/$/, '')}/${encodeURIComponent(bucket)}`;
}

function meaning(status: number, { operation, s3 }: CurveContext): string {
  if (status === 404) return 'it does not exist yet (the active instance makes it)';
  if (status === 403 || status === 401) {
    return `access refused (${status}): check ak and sk in Secret ${operation.namespace}/${s3?.secretName ?? ''}`;
  }
  return `the S3 server answers with ${status}`;
}

function networkWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${DAEMON_TIMEOUT_MS / 1_000} s`;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}
