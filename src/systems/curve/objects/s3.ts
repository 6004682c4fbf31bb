import type { CurveContext } from '../layout.ts';
import { names } from '../names.ts';
import { metadata, type Secret } from './manifest.ts';

/** s3.conf as it is mounted: which Secret, and something that changes with its content but does not tell it. */
export interface S3File {
  readonly secretName: string;
  readonly revision: string;
}

/** s3.conf in a Secret, since the keys stand in it. Without snapshotclone it holds the image's empty values. */
export const s3Secret = (context: CurveContext, content: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: metadata(context, names.s3Secret(context.operation.name)),
  type: 'Opaque',
  // not stringData: a field that the API server never shows again cannot be compared
  data: { 's3.conf': base64(content) },
});

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** @param revision a keyed hash of the content, e.g. HMAC with the cluster id */
export const s3File = (context: CurveContext, revision: string): S3File => ({
  secretName: names.s3Secret(context.operation.name),
  revision,
});
