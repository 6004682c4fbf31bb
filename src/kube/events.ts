import { createHash } from 'node:crypto';
import { FIELD_MANAGER } from './apply.ts';
import type { Kube } from './client.ts';
import { isAlreadyExists, isNotFound } from './errors.ts';
import { asked, create, get } from './objects.ts';
import { EVENTS, pathOf } from './resources.ts';

/** The object that an event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface Note {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, short. */
  readonly reason: string;
  readonly message: string;
}

/** The API server refuses a longer note, and counts bytes. */
const LONGEST_NOTE_BYTES = 1_024;

/**
 * Records an event that `kubectl describe` shows with the object. The same words about the same object are one event
 * whose count grows.
 */
export async function recordEvent(
  kube: Kube,
  regarding: Regarding,
  note: Note,
  instance: string,
  now: Date,
): Promise<void> {
  const at = { namespace: regarding.namespace, name: eventName(regarding, note) };
  try {
    await create(kube, EVENTS, {
      metadata: at,
      eventTime: micro(now),
      reportingController: `${FIELD_MANAGER}.io/control`,
      reportingInstance: instance.slice(0, 128),
      action: note.reason,
      reason: note.reason,
      regarding,
      note: cutToBytes(note.message, LONGEST_NOTE_BYTES),
      type: note.type,
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await countUp(kube, at, now);
  }
}

async function countUp(
  kube: Kube,
  at: { readonly namespace: string; readonly name: string },
  now: Date,
): Promise<void> {
  try {
    const count = (await get(kube, EVENTS, at)).series?.count ?? 1;
    await kube.text({
      method: 'PATCH',
      path: pathOf(EVENTS, at),
      query: { fieldManager: FIELD_MANAGER },
      contentType: 'application/merge-patch+json',
      body: { series: { count: count + 1, lastObservedTime: micro(now) } },
      asked: asked('patch', EVENTS, at),
    });
  } catch (error) {
    if (!isNotFound(error)) throw error; // it has just expired: the words were there long enough
  }
}

/** Between letters, never inside of one. */
function cutToBytes(text: string, most: number): string {
  const bytes = Buffer.alloc(most);
  return bytes.toString('utf8', 0, bytes.write(text, 'utf8'));
}

function eventName(regarding: Regarding, note: Note): string {
  const words = [regarding.uid, note.type, note.reason, note.message].join('\n');
  return `${regarding.name.slice(0, 200)}.${createHash('sha256').update(words).digest('hex').slice(0, 16)}`;
}

/** MicroTime: six digits after the point. */
const micro = (time: Date): string => time.toISOString().replace('Z', '000Z');
