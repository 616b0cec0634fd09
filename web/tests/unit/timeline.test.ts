import { describe, expect, test } from 'vitest';
import {
  clampView,
  coarsest,
  follow,
  kFinestMsPerPx,
  pxAt,
  reveal,
  ticks,
  timeAt,
  zoomAt,
} from '../../src/lib/subtitles/view';
import { bars, kTileMs, loudest, tilesFor } from '../../src/lib/subtitles/wave';

const hours = 4 * 3_600_000;

describe('zoom', () => {
  test('what is under the pointer stays there', () => {
    let view = { from: 60_000, msPerPx: 20 };
    const time = timeAt(view, 300);
    for (const factor of [0.5, 0.5, 4, 0.25, 2]) {
      view = zoomAt(view, factor, 300, hours, 1200);
      expect(pxAt(view, time)).toBeCloseTo(300, 6);
    }
  });

  test('ends at the whole recording and at the finest scale', () => {
    const far = zoomAt({ from: 5_000, msPerPx: 20 }, 1e9, 10, hours, 1200);
    expect(far).toEqual({ from: 0, msPerPx: coarsest(hours, 1200) });
    expect(timeAt(far, 1200)).toBeCloseTo(hours);
    expect(zoomAt(far, 1e-12, 600, hours, 1200).msPerPx).toBe(kFinestMsPerPx);
  });

  test('nothing is shown outside of the recording', () => {
    expect(clampView({ from: -500, msPerPx: 10 }, 60_000, 1000)).toEqual({ from: 0, msPerPx: 10 });
    expect(clampView({ from: 59_000, msPerPx: 10 }, 60_000, 1000)).toEqual({ from: 50_000, msPerPx: 10 });
    expect(clampView({ from: 10, msPerPx: 500 }, 1000, 1000)).toEqual({ from: 0, msPerPx: kFinestMsPerPx });
    expect(clampView({ from: 10, msPerPx: 10 }, 0, 0)).toEqual({ from: 0, msPerPx: kFinestMsPerPx });
  });
});

test('the view turns its page when the playhead leaves it', () => {
  const view = { from: 10_000, msPerPx: 10 };
  expect(follow(view, 15_000, 60_000, 1000)).toBe(view);
  const next = follow(view, 19_500, 60_000, 1000);
  expect(pxAt(next, 19_500)).toBeCloseTo(80);
  expect(pxAt(follow(view, 2_000, 60_000, 1000), 2_000)).toBeGreaterThanOrEqual(0);
});

test('a cue is brought into view, and a long one makes the view wider', () => {
  const view = { from: 0, msPerPx: 10 };
  expect(reveal(view, 2_000, 4_000, 600_000, 1000)).toBe(view);
  const there = reveal(view, 100_000, 102_000, 600_000, 1000);
  expect(there.msPerPx).toBe(10);
  expect(pxAt(there, 101_000)).toBeCloseTo(500);
  const wide = reveal(view, 100_000, 130_000, 600_000, 1000);
  expect(pxAt(wide, 100_000)).toBeGreaterThan(0);
  expect(pxAt(wide, 130_000)).toBeLessThan(1000);
});

test('the ruler has round times that can be read', () => {
  for (const msPerPx of [2, 7, 33, 150, 1_000, 12_000]) {
    const { step, times } = ticks({ from: 12_345, msPerPx }, 1200);
    expect(step / msPerPx).toBeGreaterThanOrEqual(90);
    expect(times.every((time) => time % step === 0 && time >= 12_345)).toBe(true);
    expect(times.length).toBeLessThan(15);
  }
});

describe('loudness', () => {
  const fine = { start_ms: 1000, bucket_ms: 20, peaks: [10, 200, 30, 40] };

  test('is the greatest of the stretch, and unknown outside', () => {
    expect(loudest(fine, 1000, 1040)).toBe(200);
    expect(loudest(fine, 1045, 1046)).toBe(30);
    expect(loudest(fine, 1060, 9000)).toBe(40);
    expect(loudest(fine, 900, 950)).toBe(-1);
    expect(loudest(fine, 1080, 1100)).toBe(-1);
  });

  test('tiles are asked for only where the overview is too coarse', () => {
    expect(tilesFor(0, 20_000, 20, 20, 20)).toEqual([]);
    expect(tilesFor(290_000, 310_000, 20, 720, 20)).toEqual([0, kTileMs]);
    expect(tilesFor(0, hours, 12_000, 720, 20)).toEqual([]);
    expect(tilesFor(0, 20_000, 2, 20, 20), 'it cannot be had finer').toEqual([]);
  });

  test('a bar comes from the tile where there is one, else from the overview', () => {
    const overview = { start_ms: 0, bucket_ms: 1000, peaks: [100, 25, 100] };
    const tiles = new Map([[0, fine]]);
    expect([...bars(0, 1000, 3, overview, new Map(), 100)]).toEqual([1, 0.5, 1]);
    expect([...bars(1000, 20, 2, overview, tiles, 200)].map((bar) => Math.round(bar * 100))).toEqual([
      22, 100,
    ]);
    expect([...bars(0, 10, 3, null, new Map(), 1)]).toEqual([0, 0, 0]);
  });
});
