// Words that the model was not sure of.
import { wordSpans, type TextSpan } from '../search';
import type { Row } from './rows';

export interface Doubt extends TextSpan {
  key: string;
  /** Position of the line, and of the word in it. */
  at: number;
  word: number;
  start_ms: number;
  probability: number;
  text: string;
}

export const kMostDoubts = 20_000;

/** In order. A word that was typed over is no longer in the text, and no longer in doubt. */
export function doubts(rows: readonly Row[], below: number): Doubt[] {
  const found: Doubt[] = [];
  for (const [at, { key, segment }] of rows.entries()) {
    if (!segment.words.some((word) => word.probability < below)) continue;
    const spans = wordSpans(segment.text, segment.words);
    for (const [word, { probability, start_ms }] of segment.words.entries()) {
      const span = spans[word];
      if (!span || probability >= below || !/[\p{L}\p{N}]/u.test(segment.text.slice(span.start, span.end)))
        continue;
      found.push({
        ...span,
        key,
        at,
        word,
        start_ms,
        probability,
        text: segment.text.slice(span.start, span.end),
      });
      if (found.length >= kMostDoubts) return found;
    }
  }
  return found;
}

/** Names a word for as long as it is spoken at that time with that text. */
export const doubtId = (doubt: Doubt): string => `${doubt.start_ms} ${doubt.text}`;
