import { describe, expect, test } from 'vitest';
import { formatWords, poolToolFailure } from './exit-codes.ts';

const glog = (words: string) => `E0101 00:00:00.000000     1 curvefsTool.cpp:317] ${words}\n`;

describe('curvebs-tool', () => {
  test('did its work with 0, and then says nothing', () => {
    expect(poolToolFailure({ exitCode: 0, output: '' })).toBeUndefined();
  });

  const rows: readonly (readonly [number, string, string, boolean])[] = [
    [255, glog('rpc retry times exceed.'), 'MdsUnreachable', true],
    [255, '', 'MdsUnreachable', true],
    [255, glog('No servers in cluster map'), 'ClusterMapRefused', false],
    [255, glog('server internal port must be uint'), 'ClusterMapRefused', false],
    [255, glog('Invalid sub mds ip:port provided: x'), 'ClusterMapRefused', false],
    [249, '', 'ServerNotFound', false],
    [248, '', 'ZoneNotFound', false],
    [247, '', 'PhysicalPoolNotFound', false],
    [246, '', 'LogicalPoolNotFound', false],
    [244, '', 'CopysetsImpossible', false],
    [242, '', 'ServerInUse', false],
    [240, '', 'NameDuplicated', false],
    [239, '', 'CopysetCreationFailed', true],
    [238, '', 'NotRetired', false],
    [236, '', 'PoolsetNotFound', false],
    [235, '', 'PoolsetNotDeletable', false],
    [234, '', 'ChunkSizeConflict', false],
    [137, '', 'ToolKilled', true],
    [1, '', 'MdsUnreachable', true],
  ];
  test.each(rows)('with %i %s failed by %s', (exitCode, output, type, retryable) => {
    const failure = poolToolFailure({ exitCode, output });
    expect(failure).toMatchObject({ type, retryable });
    expect(failure?.next).not.toBe('');
  });

  test('is quoted with its last words', () => {
    expect(poolToolFailure({ exitCode: 244, output: glog('exec fail, ret = -12') })?.message).toMatch(
      /ended with 244: mds cannot place.*exec fail, ret = -12/,
    );
  });
});

describe('curve_format', () => {
  test.each([
    [
      'that it lacks space, although it exited 0',
      0,
      glog('disk free space not enough.'),
      /less of the disk is free/,
    ],
    ['its last words', 255, glog('mkdir failed!, /x'), /^ended with 255: .*mkdir failed/],
    ['that it was killed', 137, '', /^was killed by signal 9$/],
    ['nothing when it did well', 0, '', /^ended with 0$/],
  ])('tells %s', (_, exitCode, output, words) => {
    expect(formatWords({ exitCode, output })).toMatch(words);
  });
});
