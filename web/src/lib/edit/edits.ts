// What a person does to a line. Lines are named by their keys until the moment of sending, so that an edit still
// means the same line after others have put lines before it; `was` is what the person saw when doing it.
import { wordSpans } from '../search';
import type { Segment, Word } from '../types';
import { rowOf, type Row } from './rows';
import type { Operation } from './types';

export type Edit =
  /** `bulk`: one of many at once, not written by hand. */
  | { op: 'text'; key: string; text: string; was: string; bulk?: true }
  | { op: 'times'; key: string; start_ms: number; end_ms: number; was: string }
  | { op: 'speaker'; key: string; speaker: string; was: string }
  | { op: 'rename_speaker'; from: string; to: string }
  | { op: 'split'; key: string; offset: number; made: string; was: string }
  | { op: 'merge'; key: string; next: string; was: string }
  | {
      op: 'insert';
      before: string;
      made: string;
      start_ms: number;
      end_ms: number;
      text: string;
      speaker: string;
    }
  | { op: 'delete'; key: string; was: string }
  /** Done by the server alone: shown when it has answered. */
  | { op: 'server'; operation: Operation };

const at = (rows: readonly Row[], key: string) => rows.findIndex((row) => row.key === key);
const kBetween = '\u0001';

/** What an edit takes for granted; null where its line is gone. */
export function seenBy(rows: readonly Row[], edit: Edit): string | null {
  switch (edit.op) {
    case 'rename_speaker':
    case 'server':
      return '';
    case 'insert':
      return edit.before === '' || at(rows, edit.before) >= 0 ? '' : null;
    case 'merge': {
      const here = at(rows, edit.key);
      const next = rows[here + 1];
      return here < 0 || next?.key !== edit.next
        ? null
        : rows[here]!.segment.text + kBetween + next.segment.text;
    }
    default: {
      const row = rows[at(rows, edit.key)];
      if (!row) return null;
      const { start_ms, end_ms, speaker, text } = row.segment;
      if (edit.op === 'times') return `${start_ms}-${end_ms}`;
      return edit.op === 'speaker' ? speaker : text;
    }
  }
}

/** The edit with what is seen now; null where there is nothing to do it to. */
export function stamped(rows: readonly Row[], edit: Edit): Edit | null {
  const was = seenBy(rows, edit);
  if (was === null) return null;
  return 'was' in edit ? { ...edit, was } : edit;
}

/** True where what the person saw is still so. */
export function holds(rows: readonly Row[], edit: Edit): boolean {
  const seen = seenBy(rows, edit);
  return seen !== null && (!('was' in edit) || seen === edit.was);
}

export function toOperation(rows: readonly Row[], edit: Edit): Operation {
  switch (edit.op) {
    case 'rename_speaker':
      return edit;
    case 'server':
      return edit.operation;
    case 'insert': {
      const { start_ms, end_ms, text, speaker } = edit;
      const index = edit.before ? at(rows, edit.before) : rows.length;
      return { op: 'insert', index, start_ms, end_ms, text, ...(speaker ? { speaker } : {}) };
    }
    case 'split': {
      const index = at(rows, edit.key);
      const { segment, lead } = rows[index]!;
      return { op: 'split', index, offset: lead + [...segment.text.slice(0, edit.offset)].length };
    }
    default: {
      const { op, key } = edit;
      const index = at(rows, key);
      if (op === 'text') return { op, index, text: edit.text };
      if (op === 'times') return { op, index, start_ms: edit.start_ms, end_ms: edit.end_ms };
      if (op === 'speaker') return { op, index, speaker: edit.speaker };
      return { op, index };
    }
  }
}

/** The list as the server is expected to make it. Call `holds` before. */
export function applyEdit(rows: readonly Row[], edit: Edit): Row[] {
  if (edit.op === 'server') return rows as Row[];
  if (edit.op === 'rename_speaker') {
    return rows.map((row) =>
      row.segment.speaker === edit.from ? withSegment(row, { speaker: edit.to }) : row,
    );
  }
  if (edit.op === 'insert') {
    const { start_ms, end_ms, text, speaker } = edit;
    const row = rowOf(edit.made, { ...kBlank, start_ms, end_ms, text, speaker });
    return rows.toSpliced(edit.before ? at(rows, edit.before) : rows.length, 0, row);
  }
  const index = at(rows, edit.key);
  const row = rows[index]!;
  switch (edit.op) {
    case 'text':
      return rows.with(index, { ...withSegment(row, { text: edit.text }), lead: 0 });
    case 'times':
      return rows.with(index, withSegment(row, { start_ms: edit.start_ms, end_ms: edit.end_ms }));
    case 'speaker':
      return rows.with(index, withSegment(row, { speaker: edit.speaker }));
    case 'delete':
      return rows.toSpliced(index, 1);
    case 'merge':
      return rows.toSpliced(index, 2, { ...row, segment: merged(row.segment, rows[index + 1]!.segment) });
    case 'split': {
      const [first, second] = halves(row.segment, edit.offset);
      return rows.toSpliced(index, 1, { ...row, segment: first }, rowOf(edit.made, second));
    }
  }
}

const kBlank: Segment = {
  index: 0,
  start_ms: 0,
  end_ms: 0,
  text: '',
  speaker: '',
  words: [],
  avg_logprob: 0,
  compression_ratio: 0,
  no_speech_prob: 0,
  temperature: 0,
};

const withSegment = (row: Row, changes: Partial<Segment>): Row => ({
  ...row,
  segment: { ...row.segment, ...changes },
});

const wide = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]/;

/** Two texts as one: a space between words, none beside Chinese or Japanese. */
export function joined(first: string, second: string): string {
  if (!first || !second) return first + second;
  return wide.test(first.at(-1)!) || wide.test(second.at(0)!) ? first + second : `${first} ${second}`;
}

export function merged(first: Segment, second: Segment): Segment {
  return {
    ...first,
    end_ms: Math.max(first.end_ms, second.end_ms),
    text: joined(first.text, second.text),
    speaker: first.speaker || second.speaker,
    words: [...first.words, ...second.words],
  };
}

/** `offset` in UTF-16 units of the text; the cut is where the words around it are, else in proportion. */
export function halves(segment: Segment, offset: number): [Segment, Segment] {
  const spans = wordSpans(segment.text, segment.words);
  const early: Word[] = [];
  const late: Word[] = [];
  segment.words.forEach((word, index) =>
    ((spans[index]?.start ?? offset) < offset ? early : late).push(word),
  );
  const share = segment.text.length > 0 ? offset / segment.text.length : 0.5;
  const middle = Math.round(segment.start_ms + (segment.end_ms - segment.start_ms) * share);
  const clamp = (ms: number) => Math.min(Math.max(ms, segment.start_ms + 1), Math.max(segment.end_ms - 1, 1));
  return [
    {
      ...segment,
      text: segment.text.slice(0, offset).trim(),
      words: early,
      end_ms: clamp(early.at(-1)?.end_ms ?? middle),
    },
    {
      ...segment,
      text: segment.text.slice(offset).trim(),
      words: late,
      start_ms: clamp(late[0]?.start_ms ?? middle),
    },
  ];
}

/** A text as it is stored: no space at the ends of its lines, no empty lines. */
export const tidy = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+/gu, ' ').trim())
    .filter(Boolean)
    .join('\n');

/** Positional operations (of waveforms and caption tools) as edits, so that they show at once where they can. */
export function editsOf(
  rows: readonly Row[],
  operations: readonly Operation[],
  newKey: () => string,
): Edit[] {
  let list = rows as Row[];
  const key = (index: number) => list[index]?.key ?? '';
  return operations.map((operation) => {
    const edit = editOf(operation, key, newKey);
    const now = stamped(list, edit);
    if (now) list = applyEdit(list, now);
    return edit;
  });
}

function editOf(operation: Operation, key: (index: number) => string, newKey: () => string): Edit {
  switch (operation.op) {
    case 'text':
    case 'times':
    case 'speaker':
    case 'delete': {
      const { index, ...rest } = operation;
      return { ...rest, key: key(index), was: '' };
    }
    case 'merge':
      return { op: 'merge', key: key(operation.index), next: key(operation.index + 1), was: '' };
    case 'insert': {
      const { index, speaker = '', ...rest } = operation;
      return { ...rest, speaker, before: key(index), made: newKey() };
    }
    case 'rename_speaker':
      return operation;
    default:
      return { op: 'server', operation };
  }
}
