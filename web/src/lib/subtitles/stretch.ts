// Moving all times at once. A change is a straight line: new = to_a + (old − from_a) · factor.
import { exactTime } from '../edit/times';
import type { Operation } from '../edit/types';

/** Old → new, for two moments. */
export interface Anchors {
  from_a_ms: number;
  to_a_ms: number;
  from_b_ms: number;
  to_b_ms: number;
}

export interface Rate {
  name: string;
  frames: number;
  seconds: number;
}

/** Film and television: the ones with .976 and .97 are 24 and 30 frames in 1.001 seconds. */
export const kRates: readonly Rate[] = [
  { name: '23.976', frames: 24_000, seconds: 1_001 },
  { name: '24', frames: 24, seconds: 1 },
  { name: '25', frames: 25, seconds: 1 },
  { name: '29.97', frames: 30_000, seconds: 1_001 },
  { name: '30', frames: 30, seconds: 1 },
];

export const kMostShiftMs = 24 * 3_600_000;
export const kLeastFactor = 0.1;
export const kMostFactor = 10;
/** The distance of the two moments that stand for a change of frame rate: 1001 s, so that whole milliseconds are exact. */
const kRateSpanMs = 1_001_000;

export const factorOf = (anchors: Anchors): number =>
  (anchors.to_b_ms - anchors.to_a_ms) / (anchors.from_b_ms - anchors.from_a_ms);

export function stretched(time: number, anchors: Anchors): number {
  return Math.round(anchors.to_a_ms + (time - anchors.from_a_ms) * factorOf(anchors));
}

/** Subtitles made for one frame rate, shown with a film of the other: the same frame comes at another time. */
export function rateAnchors(from: Rate, to: Rate): Anchors {
  // frame = t · from; new t = frame / to.
  const factor = (from.frames * to.seconds) / (from.seconds * to.frames);
  return { from_a_ms: 0, to_a_ms: 0, from_b_ms: kRateSpanMs, to_b_ms: Math.round(kRateSpanMs * factor) };
}

export type Refusal = 'same' | 'order' | 'extreme' | 'before_zero';

/** Why these anchors cannot be used; null: they can. `firstStart`: of the first cue. */
export function refusalOf(anchors: Anchors, firstStart: number): Refusal | null {
  if (anchors.from_a_ms === anchors.from_b_ms) return 'same';
  const factor = factorOf(anchors);
  if (!(factor > 0)) return 'order';
  if (factor < kLeastFactor || factor > kMostFactor) return 'extreme';
  return stretched(firstStart, anchors) < 0 ? 'before_zero' : null;
}

export const shiftOperation = (by_ms: number): Operation => ({ op: 'shift', by_ms });
export const stretchOperation = (anchors: Anchors): Operation => ({ op: 'stretch', ...anchors });

/** "1:02:03.450"; with a sign below zero. */
export const exact = (ms: number): string => (ms < 0 ? '−' : '') + exactTime(Math.abs(ms));
