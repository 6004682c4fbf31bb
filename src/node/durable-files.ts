import type { Stats } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { chmod, chown, link, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { hasCode, isMissing } from './host.ts';

/** Makes the names in a folder durable: a file that was created or renamed survives a power cut only after this. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o644);
  await file.writeFile(text);
  await file.sync();
}

/**
 * Replaces a file as a whole: after a power cut either the old or the new content is there. Mode and owner of the old
 * file are kept.
 *
 * @param draft name in the same folder that the content is written to first
 */
export async function replaceFile(path: string, text: string, draft = `${path}.keelson-new`): Promise<void> {
  // A draft that a killed attempt left may be somebody's symlink or carry another mode: always begin with a new file.
  await rm(draft, { force: true });
  await writeSynced(draft, text);
  const old = await statIfThere(path);
  if (old) {
    await chown(draft, old.uid, old.gid);
    await chmod(draft, old.mode & 0o7777);
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Creates a file with its content in one step. False: it is there already, with whatever content, and was not touched. */
export async function createFile(path: string, text: string): Promise<boolean> {
  const draft = `${dirname(path)}/.${basename(path)}.${randomUUID()}`;
  await writeSynced(draft, text);
  try {
    await link(draft, path); // unlike rename, it never replaces
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Creates a folder and its parents and makes the last name durable. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  await syncFolder(dirname(path));
}

/** Adds one line to a record that only grows, and returns when it is on the disk. */
export async function appendLine(path: string, line: string): Promise<void> {
  const isNew = (await statIfThere(path)) === undefined;
  await using file = await open(path, 'a', 0o600);
  await writeFile(file, `${line}\n`); // one write with O_APPEND: lines of two processes do not mix
  await file.sync();
  if (isNew) await syncFolder(dirname(path));
}

export async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
