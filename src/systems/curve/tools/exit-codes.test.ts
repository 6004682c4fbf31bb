import { describe, expect, test } from 'vitest';
import { formatWords, poolToolFailure } from './exit-codes.ts';

const glog = (words: string) => `E0101 00:00:00.000000     1 curvefsTool.cpp:317] ${words}\n`;

describe('curvebs-tool', () => {
  test('did its work with 0, and then says nothing', () => {
    expect(poolToolFailure({ exitCode: 0, output: '' })).toBeUndefined();
  });

  const rows = [
    { exitCode: 255, output: glog('rpc retry times exceed.'), type: 'MdsUnreachable', retryable: true },
    { exitCode: 255, output: '', type: 'MdsUnreachable', retryable: true },
    { exitCode: 255, output: glog('No servers in cluster map'), type: 'ClusterMapRefused', retryable: false },
    {
      exitCode: 255,
      output: glog('server internal port must be uint'),
      type: 'ClusterMapRefused',
      retryable: false,
    },
    {
      exitCode: 255,
      output: glog('Invalid sub mds ip:port provided: x'),
      type: 'ClusterMapRefused',
      retryable: false,
    },
    { exitCode: 253, output: '', type: 'MdsNotReady', retryable: true },
    { exitCode: 252, output: '', type: 'MdsStorage', retryable: true },
    { exitCode: 251, output: '', type: 'IdDuplicated', retryable: false },
    { exitCode: 250, output: '', type: 'ChunkserverNotFound', retryable: false },
    { exitCode: 249, output: '', type: 'ServerNotFound', retryable: false },
    { exitCode: 248, output: '', type: 'ZoneNotFound', retryable: false },
    { exitCode: 247, output: '', type: 'PhysicalPoolNotFound', retryable: false },
    { exitCode: 246, output: '', type: 'LogicalPoolNotFound', retryable: false },
    { exitCode: 245, output: '', type: 'CopysetNotFound', retryable: false },
    { exitCode: 244, output: '', type: 'CopysetsImpossible', retryable: false },
    { exitCode: 243, output: '', type: 'IdAllocation', retryable: true },
    { exitCode: 242, output: '', type: 'ServerInUse', retryable: false },
    { exitCode: 240, output: '', type: 'NameDuplicated', retryable: false },
    { exitCode: 239, output: '', type: 'CopysetCreationFailed', retryable: true },
    { exitCode: 238, output: '', type: 'NotRetired', retryable: false },
    { exitCode: 236, output: '', type: 'PoolsetNotFound', retryable: false },
    { exitCode: 235, output: '', type: 'PoolsetNotDeletable', retryable: false },
    { exitCode: 234, output: '', type: 'ChunkSizeConflict', retryable: false },
    { exitCode: 137, output: '', type: 'ToolKilled', retryable: true },
    { exitCode: 1, output: '', type: 'MdsUnreachable', retryable: true },
  ];
  test.each(rows)('with $exitCode $output failed by $type', ({ exitCode, output, type, retryable }) => {
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
