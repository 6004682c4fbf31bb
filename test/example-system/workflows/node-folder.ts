import { applicationFailure } from '../../../src/workflows/failure.ts';
import type { NodeChain, Outcome } from '../../../src/workflows/operation/node-chain.ts';
import { exampleFailure } from '../systems/failures.ts';
import { type FolderVerdict, judgeFolder } from '../systems/folder.ts';
import type { ExampleContext } from '../systems/layout.ts';
import { example } from './activities.ts';

/** The folder of the store on one node. */
export async function workOnFolder(chain: NodeChain, context: ExampleContext): Promise<Outcome<void>> {
  const { node } = chain;
  const { clusterId, folder } = context;
  if ((await observe(node, context)).state === 'ready') return { skipped: true, value: undefined };
  await chain.change(() =>
    example.workOn(node, `make ${folder} on ${node}`).makeFolder({ folder, clusterId }),
  );
  const after = await observe(node, context);
  if (after.state !== 'ready')
    throw applicationFailure(
      exampleFailure('FolderWrong', { message: `${folder} on ${node} is not there`, subject: node }),
    );
  return { skipped: false, value: undefined };
}

/** Throws when it is somebody else's. */
async function observe(node: string, { clusterId, folder }: ExampleContext): Promise<FolderVerdict> {
  const facts = await example.readOn(node, `inspect ${folder} on ${node}`).inspectFolder({ folder });
  const verdict = judgeFolder(clusterId, folder, facts);
  if (verdict.state === 'refused')
    throw applicationFailure(
      exampleFailure('FolderRefused', {
        message: `${node}: ${verdict.why}`,
        subject: node,
        next: verdict.next,
      }),
    );
  return verdict;
}
