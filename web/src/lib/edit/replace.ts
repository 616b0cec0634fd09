// Find and replace over the whole transcript: every change is shown before any is made.
import { tidy } from './edits';
import type { Row } from './rows';

export interface Wanted {
  find: string;
  replace: string;
  matchCase: boolean;
  wholeWord: boolean;
  regex: boolean;
}

export interface Proposal {
  key: string;
  at: number;
  start_ms: number;
  before: string;
  after: string;
  places: number;
}

export const kMostProposals = 2_000;
const kMostMs = 400; // A pattern that backtracks for ever must not hold the page.

export type Pattern = { pattern: RegExp } | { problem: string } | null;

/** null: nothing is looked for yet. */
export function patternOf({ find, matchCase, wholeWord, regex }: Wanted): Pattern {
  if (!find) return null;
  const body = regex ? find : find.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const whole = wholeWord ? `(?<![\\p{L}\\p{N}_])(?:${body})(?![\\p{L}\\p{N}_])` : body;
  try {
    return { pattern: new RegExp(whole, matchCase ? 'gu' : 'giu') };
  } catch (error) {
    return {
      problem: error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : '',
    };
  }
}

/** Without a regular expression "$1" and "\n" are just these characters. */
export function proposals(
  rows: readonly Row[],
  pattern: RegExp,
  wanted: Pick<Wanted, 'replace' | 'regex'>,
  now: () => number = () => performance.now(),
): { items: Proposal[]; complete: boolean } {
  const items: Proposal[] = [];
  const end = now() + kMostMs;
  for (const [at, { key, segment }] of rows.entries()) {
    if (items.length >= kMostProposals || now() > end) return { items, complete: false };
    const before = segment.text;
    let places = 0;
    pattern.lastIndex = 0;
    for (const found of before.matchAll(pattern)) if (found[0] !== '') places += 1;
    if (places === 0) continue;
    const after = tidy(
      wanted.regex ? before.replace(pattern, wanted.replace) : before.replace(pattern, () => wanted.replace),
    );
    if (after !== before) items.push({ key, at, start_ms: segment.start_ms, before, after, places });
  }
  return { items, complete: true };
}
