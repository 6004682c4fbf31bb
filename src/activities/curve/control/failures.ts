import { curveFailure } from '../../../systems/curve/failures.ts';
import { TemplateError } from '../../../systems/curve/render.ts';
import { applicationFailure } from '../../failure.ts';
import type { ActivityContext } from '../../control/activity-context.ts';

export type Run<Input extends unknown[], Result> = (
  context: ActivityContext,
  ...input: Input
) => Promise<Result>;

/** Types what only Curve's knowledge can throw: an image whose templates cannot be rendered. */
export const typed =
  <Input extends unknown[], Result>(run: Run<Input, Result>): Run<Input, Result> =>
  async (context, ...input) => {
    try {
      return await run(context, ...input);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw applicationFailure(curveFailure('TemplatesUnusable', { message: error.message }));
    }
  };
