/** Checks the subjects of commits: `scope: imperative`. Whether the verb is one in the imperative, a reviewer sees. */
import { resolve } from 'node:path';
import { execa } from 'execa';

export const LONGEST_SUBJECT = 72;

/** What is wrong with the form of a subject; nothing when it is right. */
export function faultsOf(subject: string): readonly string[] {
  const length = Array.from(subject).length;
  const verb = /^[a-z][a-z0-9]*(?:[-/][a-z0-9]+)*: (.*)$/.exec(subject)?.[1];
  return [
    ...(length > LONGEST_SUBJECT ? [`${length} characters, at most ${LONGEST_SUBJECT}`] : []),
    ...(verb === undefined ? ['no "scope: " in lower case at its beginning'] : []),
    ...(verb !== undefined && !/^[a-z]/.test(verb) ? ['no lower-case verb after the scope'] : []),
    ...(subject.endsWith('.') ? ['a full stop at its end'] : []),
  ];
}

/** The last commit before the rule. */
const BASE = '5080c32c34aad302ec367903382396978342ef43';

/** One line for each commit since {@link BASE} whose subject is wrong. Undefined: this copy has no such history. */
async function wrongSubjects(root: string): Promise<readonly string[] | undefined> {
  const git = (...args: readonly string[]) => execa('git', ['-C', root, ...args], { reject: false });
  const isKnown = await git('merge-base', '--is-ancestor', BASE, 'HEAD');
  // A shallow clone, or a copy without history.
  if (isKnown.failed) return undefined;
  const { stdout } = await git('log', '--no-merges', '--format=%h %s', `${BASE}..HEAD`);
  return stdout.split('\n').flatMap((line) => {
    const subject = line.slice(line.indexOf(' ') + 1);
    const faults = line === '' ? [] : faultsOf(subject);
    return faults.length === 0 ? [] : [`${line}\n    ${faults.join('; ')}`];
  });
}

if (import.meta.main) {
  const wrong = await wrongSubjects(resolve(import.meta.dirname, '..'));
  for (const line of wrong ?? ['the history is not here: no subject was checked']) console.log(line);
  if (wrong !== undefined && wrong.length > 0) process.exit(1);
}
