import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Bundles all workflows as the worker of the same SDK version would at start, once and without webpack in the image.
 * Answers the code.
 */
export async function writeWorkflowBundle(workflowsPath: string, file: string): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  await writeFile(file, code);
  return code;
}
