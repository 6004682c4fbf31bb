import { readdir, readFile } from 'node:fs/promises';
import { createFile, makeFolder as makeDurableFolder } from '../../../../src/node/durable-files.ts';
import { type Host, isMissing, resolveOnHost } from '../../../../src/node/host.ts';
import type { FolderFacts } from '../../systems/folder.ts';

/** Says whose a folder is: the cluster id, and a line end. */
const OWNER_FILE = '.owner';

export async function inspectFolder(host: Host, folder: string): Promise<FolderFacts> {
  const { here } = await resolveOnHost(host, folder);
  const names = await orMissing(readdir(here));
  const owner = await orMissing(readFile(`${here}/${OWNER_FILE}`, 'utf8'));
  return {
    exists: names !== undefined,
    isEmpty: names === undefined || names.length === 0,
    ...(owner === undefined ? {} : { owner: owner.trim() }),
  };
}

/** The folder first: killed between the two, an attempt leaves an empty folder, which the next one takes over. */
export async function makeFolder(host: Host, folder: string, clusterId: string): Promise<void> {
  const { here } = await resolveOnHost(host, folder);
  await makeDurableFolder(here);
  await createFile(`${here}/${OWNER_FILE}`, `${clusterId}\n`);
}

async function orMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
