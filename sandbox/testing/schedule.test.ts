import { expect, it } from 'vitest';
import { partNames, type PartName } from './parts.ts';
import { nextPart } from './schedule.ts';

it.each<[what: string, pending: PartName[], running: PartName[], next: PartName | undefined]>([
  ['a part that is asked for alone starts', ['unit'], [], 'unit'],
  ['without a part that waits the list is followed', ['unit', 'integration'], [], 'unit'],
  ['what computes is kept for what waits', ['curve-image', 'integration', 'faults'], [], 'integration'],
  ['what waits starts with nothing beside it', ['curve-image', 'faults'], [], 'faults'],
  ['what computes starts beside what waits', ['unit', 'curve-image'], ['faults'], 'curve-image'],
  ['two that compute are one too many', ['curve-image'], ['faults', 'unit'], undefined],
  ['nothing that needs the cores runs beside what waits', ['scale', 'e2e'], ['faults'], undefined],
  ['nothing runs beside what computes', ['faults', 'curve-image'], ['unit'], undefined],
  ['nothing runs beside what must be alone', ['unit'], ['e2e'], undefined],
  ['at the end there is nothing', [], [], undefined],
])('%s', (_, pending, running, next) => {
  expect(nextPart(pending, running)).toBe(next);
});

it('every part starts, in the order that is the shortest on two cores', () => {
  const pending = [...partNames];
  const steps: string[] = [];
  while (pending.length > 0) {
    const running: PartName[] = [];
    for (let next = nextPart(pending, running); next !== undefined; next = nextPart(pending, running)) {
      pending.splice(pending.indexOf(next), 1);
      running.push(next);
      steps.push(running.join(' + '));
      // What computes has ended before what waits.
      if (running.length > 1) running.pop();
    }
    expect(running).not.toEqual([]);
  }
  expect(steps).toEqual(['unit', 'integration', 'e2e', 'faults', 'faults + curve-image', 'random', 'scale']);
});
