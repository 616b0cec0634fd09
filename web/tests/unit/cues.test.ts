import { describe, expect, test } from 'vitest';
import {
  cueAt,
  cueNear,
  latestEnds,
  meetings,
  moved,
  placeOf,
  roomAt,
  snapped,
  snapTargets,
  splitOffset,
  within,
} from '../../src/lib/subtitles/cues';

const cues = (...times: [number, number][]) => times.map(([start_ms, end_ms]) => ({ start_ms, end_ms }));
const word = (start_ms: number, text: string) => ({ start_ms, end_ms: start_ms + 200, text, probability: 1 });

describe('which cues are where', () => {
  const list = cues([0, 1000], [1000, 9000], [2000, 3000], [10_000, 11_000]);

  test('a stretch holds what touches it, a long cue from before too', () => {
    const ends = latestEnds(list);
    expect(within(list, ends, 0, 500)).toEqual([0, 1]);
    expect(within(list, ends, 4000, 5000)).toEqual([1, 3]);
    expect(within(list, ends, 9000, 10_000)).toEqual([3, 3]);
    expect(within([], latestEnds([]), 0, 10)).toEqual([0, 0]);
  });

  test('it agrees with looking at every cue', () => {
    let seed = 7;
    const random = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
    const many = Array.from({ length: 300 }, () => {
      const start_ms = random(60_000);
      return { start_ms, end_ms: start_ms + 50 + random(4_000) };
    }).sort((a, b) => a.start_ms - b.start_ms);
    const ends = latestEnds(many);
    for (let i = 0; i < 200; i += 1) {
      const from = random(60_000);
      const to = from + random(5_000);
      const [first, last] = within(many, ends, from, to);
      many.forEach((cue, at) => {
        if (cue.start_ms < to && cue.end_ms > from) expect(at >= first && at < last).toBe(true);
      });
    }
  });

  test('the cue on the screen is the last that began and still stands', () => {
    expect(cueAt(list, 0)).toBe(0);
    expect(cueAt(list, 2500)).toBe(2);
    expect(cueAt(list, 3000)).toBe(1);
    expect(cueAt(list, 9500)).toBe(-1);
    expect(cueNear(list, 9500)).toBe(2);
    expect(cueNear(list, 50_000)).toBe(3);
    expect(cueNear(cues([500, 600]), 0)).toBe(0);
    expect(cueNear([], 0)).toBe(-1);
  });
});

test('small gaps and overlaps are found, equal edges are neither', () => {
  const list = cues([0, 1000], [1050, 2000], [1900, 3000], [3000, 4000], [9000, 9500]);
  expect(meetings(list, 0, 5, 83)).toEqual([
    { at: 0, kind: 'gap', from: 1000, to: 1050 },
    { at: 1, kind: 'overlap', from: 1900, to: 2000 },
  ]);
  expect(meetings(list, 0, 5, 0)).toEqual([{ at: 1, kind: 'overlap', from: 1900, to: 2000 }]);
  expect(meetings(cues([0, 9000], [1000, 2000]), 0, 2, 0)[0]).toMatchObject({ from: 1000, to: 2000 });
});

describe('edges', () => {
  const list = cues([1000, 2000], [3000, 4000], [5000, 6000]);

  test('go where they are taken, within reason', () => {
    expect(moved(list, 1, 'start', 2500.4, 9000)).toEqual({ start_ms: 2500, end_ms: 4000 });
    expect(moved(list, 1, 'start', 10, 9000), 'not before the cue before it').toEqual({
      start_ms: 1000,
      end_ms: 4000,
    });
    expect(moved(list, 1, 'start', 8000, 9000), 'a cue keeps a length').toEqual({
      start_ms: 3950,
      end_ms: 4000,
    });
    expect(moved(list, 1, 'end', 0, 9000)).toEqual({ start_ms: 3000, end_ms: 3050 });
    expect(moved(list, 2, 'end', 99_000, 9000), 'not after the recording').toEqual({
      start_ms: 5000,
      end_ms: 9000,
    });
    expect(moved(list, 1, 'end', 5500, 9000), 'over its neighbour').toEqual({ start_ms: 3000, end_ms: 5500 });
  });

  test('a cue moved whole keeps its length and its place in the order', () => {
    expect(moved(list, 1, 'both', 4200, 9000)).toEqual({ start_ms: 4200, end_ms: 5200 });
    expect(moved(list, 1, 'both', 7000, 9000)).toEqual({ start_ms: 5000, end_ms: 6000 });
    expect(moved(list, 0, 'both', -500, 9000)).toEqual({ start_ms: 0, end_ms: 1000 });
    expect(moved(list, 2, 'both', 8900, 9000)).toEqual({ start_ms: 8000, end_ms: 9000 });
  });

  test('a recording of unknown length stops nobody but at the cue itself', () => {
    expect(moved(list, 2, 'end', 99_000, 0)).toEqual({ start_ms: 5000, end_ms: 6000 });
  });

  test('snap to the nearest thing in reach', () => {
    expect(snapped(100, [90, 104, 200], 8)).toBe(104);
    expect(snapped(100, [80, 120], 8)).toBe(100);
    const words = [
      { ...list[0]!, words: [word(1500, 'a')] },
      { ...list[1]!, words: [] },
    ];
    expect(snapTargets(words, 1, 77)).toEqual([77, 1000, 2000, 1500, 1700]);
  });
});

test('a new cue takes the room there is', () => {
  const list = cues([1000, 2000], [3000, 4000]);
  expect(roomAt(list, 2500, 2000, 9000)).toEqual({ start_ms: 2500, end_ms: 3000 });
  expect(roomAt(list, 4500, 2000, 9000)).toEqual({ start_ms: 4500, end_ms: 6500 });
  expect(roomAt(list, 8500, 2000, 9000)).toEqual({ start_ms: 8500, end_ms: 9000 });
  expect(roomAt(list, 1500, 2000, 9000)).toBeNull();
  expect(roomAt(list, 2970, 2000, 9000)).toBeNull();
  expect(placeOf(list, 2500)).toBe(1);
  expect(placeOf(list, 3000)).toBe(2);
});

describe('a split', () => {
  test('is before the word that begins nearest to the playhead', () => {
    const cue = {
      start_ms: 0,
      end_ms: 900,
      text: 'one two three',
      words: [word(0, ' one'), word(300, ' two'), word(600, ' three')],
    };
    expect(splitOffset(cue, 320)).toBe(4);
    expect(splitOffset(cue, 890)).toBe(8);
    expect(splitOffset(cue, 1), 'never before the first').toBe(4);
  });

  test('counts code points', () => {
    const cue = { start_ms: 0, end_ms: 900, text: '𠮷野 家', words: [word(0, '𠮷野'), word(500, '家')] };
    expect(splitOffset(cue, 500)).toBe(3);
  });

  test('without words is in proportion, at a space where there is one', () => {
    expect(splitOffset({ start_ms: 0, end_ms: 1000, text: 'hello wide world', words: [] }, 500)).toBe(6);
    expect(splitOffset({ start_ms: 0, end_ms: 1000, text: '今天天气很好', words: [] }, 500)).toBe(3);
    expect(splitOffset({ start_ms: 0, end_ms: 1000, text: 'a', words: [] }, 500)).toBe(-1);
  });
});
