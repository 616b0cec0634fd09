import type { Segment, Word } from './types';

interface Span {
  start_ms: number;
  end_ms: number;
}

/** Position of the last item that starts at or before `time`, -1 before the first. Items are sorted by start. */
export function lastStarted(items: readonly Span[], time: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (items[middle]!.start_ms <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export interface TextSpan {
  start: number;
  end: number;
}

/** Where each word lies in `text`; null for a word that the text does not hold (it was edited). */
export function wordSpans(text: string, words: readonly Word[]): (TextSpan | null)[] {
  let from = 0;
  return words.map((word) => {
    const bare = word.text.trim();
    const start = bare ? text.indexOf(bare, from) : -1;
    if (start < 0) return null;
    from = start + bare.length;
    return { start, end: from };
  });
}

/** The word under a character offset, or the one just before it. */
export function wordAtOffset(spans: readonly (TextSpan | null)[], offset: number): number {
  let best = -1;
  for (const [index, span] of spans.entries()) {
    if (span && span.start <= offset) best = index;
  }
  return best;
}

export interface Hit extends TextSpan {
  /** Position in the list of segments. */
  at: number;
}

export const kMostHits = 5_000;

/** Every place where `needle` occurs, without regard to case, accents kept; bounded by `kMostHits`. */
export function findHits(segments: readonly Segment[], needle: string): Hit[] {
  const wanted = needle.trim().toLocaleLowerCase();
  const hits: Hit[] = [];
  if (!wanted) return hits;
  for (const [at, segment] of segments.entries()) {
    const text = segment.text.toLocaleLowerCase();
    // A few letters change their length with their case: then offsets would lie, and the whole line is the hit.
    const exact = text.length === segment.text.length;
    for (let from = text.indexOf(wanted); from >= 0; from = text.indexOf(wanted, from + wanted.length)) {
      hits.push({ at, start: exact ? from : 0, end: exact ? from + wanted.length : segment.text.length });
      if (hits.length >= kMostHits) return hits;
      if (!exact) break;
    }
  }
  return hits;
}
