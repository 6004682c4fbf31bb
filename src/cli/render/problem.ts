import type { ProblemDocument } from '../../requests/problems.ts';

/** A problem as a person reads it: what, why, each violation with what would be right, what to do next. */
export function problemLines(problem: ProblemDocument): readonly string[] {
  const violations = (problem.violations ?? []).flatMap((v) => [
    `  ${v.path}${v.value === undefined ? '' : ` = ${JSON.stringify(v.value)}`}`,
    `      ${v.message}`,
    `      → ${v.next}`,
  ]);
  const conflicts = (problem.conflicts ?? []).map((c) => `  ${c.field} is owned by ${c.manager}`);
  return [
    `${problem.title} (${problem.code}): ${problem.subject}`,
    ...(violations.length > 0 ? violations : [problem.detail]),
    ...conflicts,
    `next: ${problem.next}`,
  ];
}
