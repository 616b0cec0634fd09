// Where cues stand to each other in time. Cues are in order of their start; they may overlap.
import { wordSpans } from '../search';
import type { Word } from '../types';

export interface Timed {
  start_ms: number;
  end_ms: number;
}

/** No edit makes a cue shorter. */
export const kLeastCueMs = 50;

export type Edge = 'start' | 'end' | 'both';

/** Between cue `at` and the one after it. */
export interface Meeting {
  at: number;
  kind: 'gap' | 'overlap';
  from: number;
  to: number;
}

/** The greatest end up to each cue: what makes a search by time exact where cues overlap. */
export function latestEnds(cues: readonly Timed[]): Float64Array {
  const out = new Float64Array(cues.length);
  let latest = -Infinity;
  cues.forEach((cue, at) => {
    latest = Math.max(latest, cue.end_ms);
    out[at] = latest;
  });
  return out;
}

function firstWhere(length: number, holds: (at: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Positions `[first, last)` that hold every cue that touches the time from `from` to `to`. */
export function within(
  cues: readonly Timed[],
  ends: Float64Array,
  from: number,
  to: number,
): [first: number, last: number] {
  const last = firstWhere(cues.length, (at) => cues[at]!.start_ms >= to);
  const first = firstWhere(last, (at) => ends[at]! > from);
  return [first, last];
}

/** The cue that is on the screen at a time; of several, the one that came last. -1: none. */
export function cueAt(cues: readonly Timed[], time: number): number {
  const after = firstWhere(cues.length, (at) => cues[at]!.start_ms > time);
  for (let at = after - 1; at >= 0 && at >= after - 4; at -= 1) {
    if (cues[at]!.end_ms > time) return at;
  }
  return -1;
}

/** The cue at a time or, in a pause, the last one before it; the first where there is none before. -1: no cues. */
export function cueNear(cues: readonly Timed[], time: number): number {
  const at = cueAt(cues, time);
  if (at >= 0 || cues.length === 0) return at;
  return Math.max(0, firstWhere(cues.length, (index) => cues[index]!.start_ms > time) - 1);
}

/** Gaps shorter than `least` (0 is none) and overlaps, of the cues from `first` to before `last` with those after them. */
export function meetings(cues: readonly Timed[], first: number, last: number, least: number): Meeting[] {
  const out: Meeting[] = [];
  for (let at = first; at < Math.min(last, cues.length - 1); at += 1) {
    const end = cues[at]!.end_ms;
    const next = cues[at + 1]!.start_ms;
    if (next < end) out.push({ at, kind: 'overlap', from: next, to: Math.min(end, cues[at + 1]!.end_ms) });
    else if (next > end && next - end < least) out.push({ at, kind: 'gap', from: end, to: next });
  }
  return out;
}

/**
 * A cue with one edge (or both, keeping its length) moved to a time, as far as is possible: it stays in the recording,
 * keeps a length, and its place in the order.
 */
export function moved(cues: readonly Timed[], at: number, edge: Edge, time: number, duration: number): Timed {
  const cue = cues[at]!;
  const end = Math.max(duration, cue.end_ms);
  const earliest = cues[at - 1]?.start_ms ?? 0;
  const latest = cues[at + 1]?.start_ms ?? end;
  const clamp = (value: number, low: number, high: number) =>
    Math.round(Math.max(low, Math.min(value, high)));
  if (edge === 'start') {
    const high = Math.max(earliest, Math.min(latest, cue.end_ms - kLeastCueMs));
    return { start_ms: clamp(time, earliest, high), end_ms: cue.end_ms };
  }
  if (edge === 'end') return { start_ms: cue.start_ms, end_ms: clamp(time, cue.start_ms + kLeastCueMs, end) };
  const length = cue.end_ms - cue.start_ms;
  const start = clamp(time, earliest, Math.max(earliest, Math.min(latest, end - length)));
  return { start_ms: start, end_ms: start + length };
}

/** The nearest of the times within `reach`, or the time itself. */
export function snapped(time: number, targets: readonly number[], reach: number): number {
  let best = time;
  let off = reach;
  for (const target of targets) {
    const distance = Math.abs(target - time);
    if (distance <= off) {
      off = distance;
      best = target;
    }
  }
  return best;
}

/** What an edge of a cue snaps to: the edges of its neighbours and the starts and ends of the words around. */
export function snapTargets(
  cues: readonly (Timed & { words?: readonly Timed[] })[],
  at: number,
  playhead: number,
): number[] {
  const out = [playhead];
  for (const other of [at - 1, at + 1]) {
    const cue = cues[other];
    if (cue) out.push(cue.start_ms, cue.end_ms);
  }
  for (const other of [at - 1, at, at + 1]) {
    for (const word of cues[other]?.words ?? []) out.push(word.start_ms, word.end_ms);
  }
  return out;
}

/** Room for a new cue at a time: up to `length`, without touching another cue. Null where there is none. */
export function roomAt(cues: readonly Timed[], time: number, length: number, duration: number): Timed | null {
  if (cueAt(cues, time) >= 0) return null;
  const next = firstWhere(cues.length, (at) => cues[at]!.start_ms > time);
  const end = Math.min(
    time + length,
    cues[next]?.start_ms ?? Infinity,
    Math.max(duration, time + kLeastCueMs),
  );
  if (end - time < kLeastCueMs) return null;
  return { start_ms: Math.round(time), end_ms: Math.round(end) };
}

/** The position that a cue with this start gets in the order. */
export function placeOf(cues: readonly Timed[], start: number): number {
  return firstWhere(cues.length, (at) => cues[at]!.start_ms > start);
}

/**
 * Where in the text (in code points) a cue is cut when it is split at a time: before the word that begins nearest to it,
 * without words in proportion and at a space. -1: there is nothing to part.
 */
export function splitOffset(cue: Timed & { text: string; words: readonly Word[] }, time: number): number {
  const points = [...cue.text];
  if (points.length < 2) return -1;
  const spans = wordSpans(cue.text, cue.words);
  let start = -1;
  let off = Infinity;
  cue.words.forEach((word, at) => {
    const span = spans[at];
    if (!span || span.start === 0 || Math.abs(word.start_ms - time) >= off) return;
    off = Math.abs(word.start_ms - time);
    start = span.start;
  });
  if (start > 0) return [...cue.text.slice(0, start)].length;
  const share = (time - cue.start_ms) / Math.max(1, cue.end_ms - cue.start_ms);
  const wanted = Math.min(Math.max(1, Math.round(share * points.length)), points.length - 1);
  for (let step = 0; step < points.length; step += 1) {
    for (const at of [wanted + step, wanted - step]) {
      if (at > 0 && at < points.length && points[at - 1] === ' ') return at;
    }
  }
  return wanted;
}
