// The transcript as the page holds it: a list that is never changed in place, so that a row that is the same is the
// same object. A row keeps its key through edits, here and elsewhere, so the field that is open on it stays open.
import type { Segment } from '../types';
import type { Hunk } from './types';

export interface Row {
  readonly key: string;
  readonly segment: Segment;
  /** White space that the server holds before the text, in code points: its offsets count it, ours do not. */
  readonly lead: number;
}

/** Whisper begins a line with a space; offsets of words and hits count from the first letter. */
export function rowOf(key: string, segment: Segment): Row {
  const text = segment.text.trim();
  const lead = segment.text.length - segment.text.trimStart().length;
  return { key, lead, segment: text === segment.text ? segment : { ...segment, text } };
}

export function rowsFrom(segments: readonly Segment[], prefix: string): Row[] {
  return segments.map((segment, at) => rowOf(`${prefix}.${at}`, segment));
}

const alike = (row: Row, segment: Segment) =>
  row.segment.start_ms === segment.start_ms &&
  row.segment.end_ms === segment.end_ms &&
  row.segment.text === segment.text.trim();

/** `prefix` names the rows that are new. */
export function applyHunks(rows: readonly Row[], hunks: readonly Hunk[], prefix: string): Row[] {
  const list = [...rows];
  let fresh = 0;
  for (const { at, removed, inserted } of hunks) {
    const old = list.slice(at, at + removed);
    // The same lines at both ends keep their keys; between them line goes to line, and the rest is new.
    const most = Math.min(old.length, inserted.length);
    let tail = 0;
    while (tail < most && alike(old.at(-1 - tail)!, inserted.at(-1 - tail)!)) tail += 1;
    const made = inserted.map((segment, index) => {
      const fromEnd = inserted.length - index;
      const from = fromEnd <= tail ? old.at(-fromEnd) : index < old.length - tail ? old[index] : undefined;
      return rowOf(from?.key ?? `${prefix}+${fresh++}`, segment);
    });
    list.splice(at, removed, ...made);
  }
  return list;
}

/** Where a position has gone after `hunks`; -1 where its line is no more. */
export function mapPosition(hunks: readonly Hunk[], position: number): number {
  let now = position;
  for (const { at, removed, inserted } of hunks) {
    if (now < at) continue;
    if (now >= at + removed) now += inserted.length - removed;
    else if (now - at >= inserted.length) return -1;
  }
  return now;
}

/** Takes over the keys of the list that was foreseen, where it has as many rows. */
export function withKeysOf(rows: Row[], foreseen: readonly Row[]): Row[] {
  if (rows.length !== foreseen.length) return rows;
  return rows.map((row, at) => (row.key === foreseen[at]!.key ? row : { ...row, key: foreseen[at]!.key }));
}
