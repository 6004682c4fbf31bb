import type { Kube } from './client.ts';
import { create } from './objects.ts';
import { ACCESS_REVIEWS } from './resources.ts';

/** Verbs on one resource, in every namespace. */
export interface Permission {
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
}

/** What of these the API server would refuse us, as `verb resource.group/subresource`. */
export async function missingPermissions(
  kube: Kube,
  wanted: readonly Permission[],
): Promise<readonly string[]> {
  const asked = wanted.flatMap(({ verbs, ...of }) => verbs.map((verb) => ({ verb, ...of })));
  const answers = await Promise.all(
    asked.map(async ({ verb, group, resource, subresource }) => {
      const { status } = await create(kube, ACCESS_REVIEWS, {
        spec: {
          resourceAttributes: {
            verb,
            group,
            resource,
            ...(subresource === undefined ? {} : { subresource }),
          },
        },
      });
      const name = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
      return status?.allowed === true ? [] : [`${verb} ${name}`];
    }),
  );
  return answers.flat();
}
