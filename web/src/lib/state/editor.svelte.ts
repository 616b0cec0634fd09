import { t } from '../i18n/index.svelte';
import type { Transcript } from '../types';
import { deleteTranscript, remoteOf } from '../edit/calls';
import { editsOf, joined, tidy, type Edit } from '../edit/edits';
import type { Conflict } from '../edit/pending';
import { EditQueue, type SaveState } from '../edit/queue';
import type { Proposal } from '../edit/replace';
import type { Row } from '../edit/rows';
import type { Operation } from '../edit/types';
import { lastStarted } from '../search';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

const kSaveAfterMs = 600;
const kInsertedMs = 2_000;
const kRefusalMs = 1_000;
const kPlaceholder = '…';

function pageStorage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null; // Storage is off.
  }
}

/** One transcript while it can be edited: its lines, the one that is open, and the ones that are selected. */
export class Editor {
  rows = $state.raw<readonly Row[]>([]);
  state = $state<SaveState>('saved');
  canUndo = $state(false);
  canRedo = $state(false);
  revision = $state(0);
  conflicts = $state.raw<readonly Conflict[]>([]);
  /** The question about the first of them is open. */
  asking = $state(false);

  /** Key of the line that is open for writing; empty: none. */
  editing = $state('');
  draft = $state('');
  /** Where the caret goes when the field of the open line appears or changes. */
  caret = $state.raw<{ start: number; end: number } | null>(null);
  /** Keys of the line where the selection began, and where it is now; empty: no selection. */
  anchor = $state('');
  head = $state('');

  readonly queue: EditQueue;
  private base = '';
  private refusedAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly off: () => void;

  readonly position = $derived(new Map(this.rows.map((row, at) => [row.key, at])));
  readonly selected: readonly [number, number] | null = $derived.by(() => {
    const from = this.position.get(this.anchor);
    const to = this.position.get(this.head);
    return from === undefined || to === undefined ? null : [Math.min(from, to), Math.max(from, to)];
  });
  readonly speakers: readonly string[] = $derived(
    [...new Set(this.rows.map((row) => row.segment.speaker).filter(Boolean))].sort(),
  );

  constructor(readonly transcriptId: string) {
    this.queue = new EditQueue(transcriptId, remoteOf(transcriptId), pageStorage(), {
      changed: () => this.changed(),
      refused: (message) => this.refused(message),
      // Should it fail, it stays a draft, which no list shows.
      spent: (draft) => void deleteTranscript(draft).catch(() => {}),
    });
    const online = () => this.queue.retryNow();
    const leaving = (event: BeforeUnloadEvent) => {
      this.save();
      if (this.queue.unsaved) event.preventDefault();
    };
    const hidden = () => this.save();
    window.addEventListener('online', online);
    window.addEventListener('beforeunload', leaving);
    window.addEventListener('pagehide', hidden);
    const offStream = session.stream.on('system', online);
    this.off = () => {
      window.removeEventListener('online', online);
      window.removeEventListener('beforeunload', leaving);
      window.removeEventListener('pagehide', hidden);
      offStream();
    };
  }

  open(transcript: Transcript): Promise<void> {
    return this.queue.open(transcript);
  }

  close(): void {
    this.stop();
    this.off();
    this.queue.close();
  }

  row(key: string): Row | undefined {
    return this.rows[this.position.get(key) ?? -1];
  }

  /** Operations by position, as the server takes them: one revision. */
  run(operations: readonly Operation[]): void {
    this.save();
    this.queue.push(editsOf(this.queue.rows, operations, () => this.queue.newKey()));
  }

  undo(): void {
    this.save();
    this.queue.undo();
  }

  redo(): void {
    this.save();
    this.queue.redo();
  }

  // The open line.

  /** Opens a line for writing; the caret goes to `start`, or to the end of the text for -1. */
  edit(key: string, start = -1, end = start): void {
    if (this.editing && this.editing !== key) this.finish();
    const row = this.row(key);
    if (!row) return;
    this.clearSelection();
    if (this.editing !== key) this.draft = this.base = row.segment.text;
    this.editing = key;
    const at = (offset: number) => (offset < 0 ? this.draft.length : Math.min(offset, this.draft.length));
    this.caret = { start: at(start), end: at(end) };
  }

  /** For every key that is typed; an input method that still composes is waited for. */
  typed(text: string, composing: boolean): void {
    this.draft = text;
    clearTimeout(this.timer);
    if (!composing) this.timer = setTimeout(() => this.save(), kSaveAfterMs);
  }

  /** The open line's text as a revision, where it differs; an empty one waits until the line is left. */
  save(): void {
    clearTimeout(this.timer);
    const edit = this.unsavedText();
    if (edit) this.queue.push([edit]);
  }

  /** Saves and closes. A line left empty goes away. */
  stop(): void {
    if (!this.editing) return;
    this.finish();
    this.editing = '';
  }

  /** Enter: the text after the caret becomes a line of its own. At the end it only goes to the next line. */
  split(caret: number): void {
    const key = this.editing;
    const text = tidy(this.draft);
    const offset = tidy(this.draft.slice(0, caret)).length;
    if (offset >= text.length) return void this.step(1);
    if (offset === 0) return;
    const made = this.queue.newKey();
    const edit = this.unsavedText(true);
    if (!this.editing) return; // Someone else has changed the line.
    this.push([edit, { op: 'split', key, offset, made, was: '' }]);
    this.edit(made, 0);
  }

  /** Backspace at the start (-1), Delete at the end (1). */
  mergeOpen(direction: -1 | 1): void {
    const at = this.position.get(this.editing);
    if (at === undefined) return;
    const first = this.rows[direction < 0 ? at - 1 : at];
    const second = this.rows[direction < 0 ? at : at + 1];
    if (!first || !second) return;
    const before = direction < 0 ? first.segment.text : tidy(this.draft);
    const after = direction < 0 ? tidy(this.draft) : second.segment.text;
    const gone = direction < 0 && after === '';
    const edit = gone ? null : this.unsavedText();
    if (!this.editing) return;
    this.base = this.draft = ''; // What was written goes with the merge.
    if (gone) this.push([{ op: 'delete', key: second.key, was: '' }]);
    else this.push([edit, { op: 'merge', key: first.key, next: second.key, was: '' }]);
    this.editing = '';
    this.edit(first.key, joined(before, after).length - after.length);
  }

  /** Tab: the line after or before; false at either end. */
  step(direction: -1 | 1, caret = direction < 0 ? -1 : 0): boolean {
    const at = this.position.get(this.editing);
    const next = at === undefined ? undefined : this.rows[at + direction];
    if (!next) return false;
    this.edit(next.key, caret);
    return true;
  }

  // One line, or several.

  setTimes(key: string, start_ms: number, end_ms: number): void {
    this.push([{ op: 'times', key, start_ms, end_ms, was: '' }]);
  }

  setSpeaker(keys: readonly string[], speaker: string): void {
    const name = tidy(speaker);
    const changed = keys.filter((key) => this.row(key)?.segment.speaker !== name);
    this.push(changed.map((key) => ({ op: 'speaker', key, speaker: name, was: '' })));
  }

  renameSpeaker(from: string, to: string): void {
    const name = tidy(to);
    if (from && name !== from) this.push([{ op: 'rename_speaker', from, to: name }]);
  }

  insert(key: string, where: 'before' | 'after'): void {
    this.save();
    const at = this.position.get(key);
    if (at === undefined) return;
    const index = where === 'before' ? at : at + 1;
    const previous = this.rows[index - 1]?.segment;
    const next = this.rows[index]?.segment;
    const latest = next?.start_ms ?? Number.MAX_SAFE_INTEGER;
    const start_ms = Math.min(previous?.end_ms ?? Math.max(0, latest - kInsertedMs), latest);
    this.make(index, start_ms, this.rows[at]!.segment.speaker);
  }

  /** A new line at a moment, before the next one that is there. */
  insertAt(ms: number): void {
    this.save();
    const start_ms = Math.max(0, Math.round(ms));
    this.make(
      lastStarted(
        this.rows.map((row) => row.segment),
        start_ms,
      ) + 1,
      start_ms,
      '',
    );
  }

  /** A line with this text, in its place among the others. */
  insertText(start_ms: number, end_ms: number, text: string): void {
    this.save();
    const index =
      lastStarted(
        this.rows.map((row) => row.segment),
        start_ms,
      ) + 1;
    const made = this.queue.newKey();
    const before = this.rows[index]?.key ?? '';
    this.push([{ op: 'insert', before, made, start_ms, end_ms, text: tidy(text), speaker: '' }]);
  }

  private make(index: number, start_ms: number, speaker: string): void {
    const next = this.rows[index];
    const room = Math.min(kInsertedMs, (next?.segment.start_ms ?? Number.MAX_SAFE_INTEGER) - start_ms);
    const made = this.queue.newKey();
    this.queue.push([
      {
        op: 'insert',
        before: next?.key ?? '',
        made,
        start_ms,
        end_ms: start_ms + (room > 0 ? room : kInsertedMs),
        text: kPlaceholder,
        speaker,
      },
    ]);
    this.edit(made, 0, kPlaceholder.length);
  }

  remove(keys: readonly string[]): void {
    if (keys.includes(this.editing)) this.discard();
    this.clearSelection();
    this.push(keys.map((key) => ({ op: 'delete', key, was: '' })));
  }

  merge(keys: readonly string[]): void {
    const [first, ...rest] = keys;
    this.clearSelection();
    if (first) this.push(rest.map((next) => ({ op: 'merge', key: first, next, was: '' })));
  }

  replace(proposals: readonly Proposal[]): void {
    this.push(
      proposals.map(({ key, after }) =>
        after ? { op: 'text', key, text: after, was: '', bulk: true } : { op: 'delete', key, was: '' },
      ),
    );
  }

  // Selection.

  select(key: string, extend: boolean): void {
    if (!extend || !this.anchor) this.anchor = key;
    this.head = key;
  }

  clearSelection(): void {
    this.anchor = this.head = '';
  }

  readonly selectedKeys = (): string[] => {
    const range = this.selected;
    return range ? this.rows.slice(range[0], range[1] + 1).map((row) => row.key) : [];
  };

  // Conflicts.

  /** `mine` wins (in a line of its own where the other is gone), or is let go. */
  settle(conflict: Conflict, mine: boolean): void {
    const { edit } = conflict;
    if (mine && 'key' in edit && this.queue.rows.some((row) => row.key === edit.key)) {
      this.queue.push([{ op: 'text', key: edit.key, text: conflict.mine, was: '' }]);
    }
    this.queue.settle(conflict);
  }

  private push(edits: readonly (Edit | null)[]): void {
    this.queue.push(edits.filter((edit) => edit !== null));
  }

  /** `exactly`: also where only blanks differ, for an offset that is to fit. */
  private unsavedText(exactly = false): Edit | null {
    const key = this.editing;
    const text = tidy(this.draft);
    if (!key || text === '' || text === (exactly ? this.base : tidy(this.base))) return null;
    const edit: Edit = { op: 'text', key, text, was: this.base };
    const theirs = this.queue.rows.find((row) => row.key === key)?.segment.text ?? null;
    this.base = text;
    if (theirs === edit.was) return edit;
    this.queue.dispute(edit, theirs);
    this.discard();
    return null;
  }

  private finish(): void {
    const key = this.editing;
    const empty = tidy(this.draft) === '' && this.row(key);
    if (empty) this.push([{ op: 'delete', key, was: '' }]);
    else this.save();
  }

  private discard(): void {
    clearTimeout(this.timer);
    this.editing = this.draft = this.base = '';
  }

  /** Many edits can fail for one reason: it is said once. */
  private refused(message: string): void {
    if (Date.now() - this.refusedAt < kRefusalMs) return;
    this.refusedAt = Date.now();
    toasts.error(message ? t('edit.refused', { reason: message }) : t('edit.overtaken'));
  }

  private changed(): void {
    const { queue } = this;
    this.rows = queue.rows;
    this.state = queue.state;
    this.canUndo = queue.canUndo;
    this.canRedo = queue.canRedo;
    this.revision = queue.revision;
    if (queue.conflicts.length > this.conflicts.length) this.asking = true;
    this.conflicts = queue.conflicts;
    if (queue.conflicts.length === 0) this.asking = false;
    if (!this.editing) return;
    const text = queue.rows.find((row) => row.key === this.editing)?.segment.text;
    const clean = tidy(this.draft) === tidy(this.base);
    if (text === undefined) {
      if (!clean)
        this.queue.dispute({ op: 'text', key: this.editing, text: tidy(this.draft), was: this.base }, null);
      this.discard();
    } else if (clean && text !== this.base) this.draft = this.base = text;
  }
}
