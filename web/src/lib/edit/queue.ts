import { ApiError } from '../api';
import { errorText } from '../errors';
import type { Transcript } from '../types';
import { applyEdit, holds, seenBy, stamped, type Edit } from './edits';
import {
  draftsOf,
  foresee,
  kept,
  parseKept,
  traceOf,
  traceOfHunks,
  type Conflict,
  type EditStep,
  type Step,
} from './pending';
import { applyHunks, mapPosition, rowsFrom, withKeysOf, type Row } from './rows';
import type { Change, Changes, Hunk, Remote } from './types';

const kFirstRetryMs = 500;
const kLongestRetryMs = 10_000;
const kMostLookedThrough = 50; // Revisions in which our own is looked for, when its answer was lost.

export type SaveState = 'saved' | 'saving' | 'waiting';

interface Hooks {
  changed: () => void;
  /** An edit that holds no text of its own was not done. */
  refused: (message: string) => void;
  /** A draft that was taken over, or refused: nothing needs it any more. */
  spent?: (draftId: string) => void;
  setTimer?: (callback: () => void, ms: number) => unknown;
  clearTimer?: (timer: unknown) => void;
}

/**
 * The edits of one transcript: shown at once, sent one after the other, each on the revision before it.
 *
 * `rows` is what the server has confirmed plus what is still to be sent. An edit names its lines by key and remembers
 * what was there; when someone else was faster, it is done all the same where its line is as it was, and becomes a
 * conflict where it is not. Whatever is not confirmed lies in `storage` as well, and goes on after a reload.
 */
export class EditQueue {
  rows: Row[] = [];
  revision = 0;
  undoTo: number | null = null;
  redoTo: number | null = null;
  state: SaveState = 'saved';
  conflicts: Conflict[] = [];

  private confirmed: Row[] = [];
  private steps: Step[] = [];
  /** Taken back before they were sent. */
  private unsent: EditStep[] = [];
  private seen = 0;
  private busy = false;
  private opened = false;
  private closed = false;
  private retries = 0;
  private timer: unknown = null;
  private numbers = 0;

  constructor(
    private readonly id: string,
    private readonly remote: Remote,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null,
    private readonly hooks: Hooks,
  ) {}

  /** Something that is not with the server yet. */
  get unsaved(): boolean {
    return this.steps.length > 0 || this.conflicts.length > 0;
  }
  get canUndo(): boolean {
    return this.undoTo !== null || this.steps.some((step) => step.kind === 'edit');
  }
  get canRedo(): boolean {
    return this.redoTo !== null || this.unsent.length > 0;
  }

  newKey(): string {
    this.numbers += 1;
    return `n${Date.now().toString(36)}.${this.numbers}`;
  }

  /** Shows what was read from the server; the second time the list is only brought up to date. */
  async open(transcript: Transcript): Promise<void> {
    if (this.opened) {
      this.seen = Math.max(this.seen, transcript.revision);
      return this.retryNow();
    }
    this.confirmed = rowsFrom(transcript.segments, `r${transcript.revision}`);
    this.revision = this.seen = transcript.revision;
    this.undoTo = transcript.undo;
    this.redoTo = transcript.redo;
    this.rows = this.confirmed;
    await this.resume();
    this.opened = true;
    this.changed();
    void this.run();
  }

  /** What is on its way still goes; nobody looks any more. */
  close(): void {
    this.closed = true;
    this.clearTimer();
  }

  push(edits: readonly Edit[]): void {
    const made: Edit[] = [];
    let rows = this.rows;
    for (const edit of edits) {
      const now = stamped(rows, edit);
      if (!now) continue;
      made.push(now);
      rows = applyEdit(rows, now);
    }
    if (made.length === 0) return;
    this.rows = rows;
    this.unsent = [];
    const last = this.steps.at(-1);
    const only = made.length === 1 ? made[0]! : null;
    const open = last?.kind === 'edit' && last.edits.length === 1 && this.idle(last) ? last.edits[0]! : null;
    // Typing goes on in a line that still waits: one revision will do.
    if (only?.op === 'text' && open?.op === 'text' && open.key === only.key) open.text = only.text;
    else this.steps.push({ kind: 'edit', edits: made, tried: false, trace: '' });
    this.changed();
    void this.run();
  }

  undo(): void {
    const last = this.steps.at(-1);
    if (last?.kind === 'edit' && this.idle(last)) {
      this.unsent.push(last);
      this.steps.pop();
      this.rebase(false);
      this.changed();
    } else this.travel('undo');
  }

  redo(): void {
    const last = this.unsent.pop();
    if (!last) return this.travel('redo');
    const rest = this.unsent;
    this.push(last.edits);
    this.unsent = rest;
  }

  restore(revision: number): void {
    this.travel('restore', revision);
  }

  /** The server has this revision: the list catches up with it. */
  note(revision: number): void {
    this.seen = Math.max(this.seen, revision);
    if (this.seen > this.revision) this.retryNow(); // It can be reached.
  }

  retryNow(): void {
    this.clearTimer();
    void this.run();
  }

  /** A text that is being written over one that has changed meanwhile. */
  dispute(edit: Edit, theirs: string | null): void {
    this.giveUp(edit, '', theirs);
    this.changed();
  }

  settle(conflict: Conflict): void {
    this.conflicts = this.conflicts.filter((item) => item !== conflict);
    this.changed();
  }

  private travel(kind: 'undo' | 'redo' | 'restore', number = 0): void {
    this.steps.push({ kind, number, tried: false });
    this.changed();
    void this.run();
  }

  /** Neither on its way nor perhaps done already. */
  private idle(step: Step): boolean {
    return !step.tried && !(this.busy && this.steps[0] === step);
  }

  private async run(): Promise<void> {
    if (this.busy || !this.opened || this.timer !== null) return;
    this.busy = true;
    while (this.steps.length > 0 || (this.seen > this.revision && !this.closed)) {
      const step = this.steps[0] ?? null;
      try {
        if (this.seen > this.revision) await this.catchUp();
        else if (step) await this.send(step);
        this.retries = 0;
      } catch (error) {
        if (!(await this.failed(step, error))) break;
      }
      this.changed();
    }
    this.busy = false;
    this.changed();
  }

  private async send(step: Step): Promise<void> {
    if (step.kind !== 'edit') {
      const change = await (step.kind === 'restore'
        ? this.remote.restore(this.revision, step.number)
        : this.remote[step.kind](this.revision));
      this.steps.shift();
      return this.take(change, applyHunks(this.confirmed, change.hunks, `c${change.revision}`), false);
    }
    const { operations, rows } = foresee(this.confirmed, step.edits);
    step.trace = traceOf(this.confirmed, rows);
    this.keep();
    const change: Change = await this.remote.revise(this.revision, operations);
    this.done();
    const made = applyHunks(this.confirmed, change.hunks, `c${change.revision}`);
    this.take(change, withKeysOf(made, rows), true);
  }

  private async catchUp(): Promise<void> {
    const changes = await this.changesSince(this.revision);
    let rows = applyHunks(this.confirmed, changes.hunks, `c${changes.revision}`);
    const first = this.steps[0];
    const own = first?.tried === true && (await this.wasDone(first, this.revision, changes.revision));
    if (own) {
      this.done();
      // Nothing else happened: then the lines are the ones that were foreseen.
      if (first.kind === 'edit' && changes.revision === this.revision + 1)
        rows = withKeysOf(rows, foresee(this.confirmed, first.edits).rows);
    }
    this.take(changes, rows, own);
    this.seen = changes.revision;
  }

  /** Change by change, or, where there are too many, as one that replaces every line. */
  private async changesSince(revision: number): Promise<Changes> {
    try {
      return await this.remote.changes(revision);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error;
      const { segments, ...now } = await this.remote.read();
      const { undo, redo } = now;
      const all = { at: 0, removed: this.confirmed.length, inserted: segments };
      return { revision: now.revision, undo, redo, hunks: [all] };
    }
  }

  private take(changes: Changes, rows: Row[], own: boolean): void {
    this.confirmed = rows;
    this.revision = changes.revision;
    this.seen = Math.max(this.seen, changes.revision);
    this.undoTo = changes.undo;
    this.redoTo = changes.redo;
    this.rebase(own);
  }

  /** True: go on at once. */
  private async failed(step: Step | null, error: unknown): Promise<boolean> {
    const status = error instanceof ApiError ? error.status : -1;
    if (status === 409 && step) {
      const before = this.revision;
      try {
        await this.catchUp();
      } catch (again) {
        return this.later(step, again);
      }
      if (this.revision === before) this.refuse(step, errorText(error));
      return true;
    }
    if (status === 0 || status === 429 || status >= 500 || !step) return this.later(step, error);
    this.refuse(step, errorText(error));
    return true;
  }

  private later(step: Step | null, error: unknown): boolean {
    if (step && this.steps[0] === step) step.tried = true;
    const gone = error instanceof ApiError && error.status === 404;
    if (gone || this.closed) return false;
    const wait = Math.min(kFirstRetryMs * 2 ** this.retries++, kLongestRetryMs);
    this.timer = (this.hooks.setTimer ?? setTimeout)(() => {
      this.timer = null;
      void this.run();
    }, wait);
    return false;
  }

  /** The first step is with the server. */
  private done(): void {
    const step = this.steps.shift();
    if (step) this.spend(step);
  }

  private spend(step: Step): void {
    for (const draft of draftsOf(step)) this.hooks.spent?.(draft);
  }

  private refuse(step: Step, message: string): void {
    this.steps = this.steps.filter((item) => item !== step);
    this.spend(step);
    if (step.kind === 'edit')
      step.edits.forEach((edit) => this.giveUp(edit, message, seenBy(this.confirmed, edit)));
    else this.hooks.refused(message);
    this.rebase(false);
  }

  /** Does again, on what is confirmed now, what is still to be sent. */
  private rebase(own: boolean): void {
    let rows = this.confirmed;
    this.steps = this.steps.filter((step) => {
      if (step.kind !== 'edit') return true;
      step.edits = step.edits.flatMap((edit) => {
        const now = own ? stamped(rows, edit) : holds(rows, edit) ? edit : null;
        if (now) rows = applyEdit(rows, now);
        else this.giveUp(edit, '', seenBy(rows, edit));
        return now ? [now] : [];
      });
      return step.edits.length > 0;
    });
    this.rows = rows;
  }

  private giveUp(edit: Edit, refusal: string, theirs: string | null): void {
    const written = edit.op === 'insert' || (edit.op === 'text' && !edit.bulk);
    const mine = written ? edit.text : '';
    if (mine === theirs && edit.op === 'text') return; // Both wrote the same.
    if (mine) {
      this.numbers += 1;
      const id = this.numbers;
      this.conflicts = [
        ...this.conflicts,
        { id, edit, mine, theirs: edit.op === 'text' ? theirs : null, refusal },
      ];
    } else this.hooks.refused(refusal);
  }

  private async wasDone(step: Step, before: number, after: number): Promise<boolean> {
    if (step.kind !== 'edit' || step.edits.some((edit) => edit.op === 'server')) return true; // Never twice.
    for (let number = before + 1; number <= Math.min(after, before + kMostLookedThrough); number += 1) {
      if (traceOfHunks((await this.remote.change(number)).hunks) === step.trace) return true;
    }
    return false;
  }

  /** Takes up what an earlier page had not been able to send. */
  private async resume(): Promise<void> {
    const old = parseKept(this.storage?.getItem(this.storageKey) ?? null);
    if (!old || (old.steps.length === 0 && old.conflicts.length === 0)) return;
    this.conflicts = old.conflicts;
    this.numbers = Math.max(this.numbers, ...old.conflicts.map((conflict) => conflict.id));
    let hunks: Hunk[] = [];
    if (old.base < this.revision) {
      const since = await this.changesSince(old.base);
      hunks = since.hunks;
      if (since.revision !== this.revision) {
        const missed = await this.changesSince(this.revision);
        this.take(missed, applyHunks(this.confirmed, missed.hunks, `c${missed.revision}`), false);
      }
      const first = old.steps[0];
      const sent = first && (first.tried || (first.kind === 'edit' && first.trace !== ''));
      if (sent && (await this.wasDone(first, old.base, this.revision))) {
        old.steps.shift();
        this.spend(first);
      }
    }
    const names = new Map<number, string>();
    for (const [key, position] of Object.entries(old.at)) names.set(mapPosition(hunks, position), key);
    this.confirmed = this.confirmed.map((row, at) => (names.has(at) ? { ...row, key: names.get(at)! } : row));
    this.steps = old.steps;
    this.rebase(false);
  }

  private changed(): void {
    this.state = this.timer !== null ? 'waiting' : this.busy || this.steps.length > 0 ? 'saving' : 'saved';
    if (this.timer !== null && this.steps.length === 0) this.state = 'saved';
    this.keep();
    if (!this.closed) this.hooks.changed();
  }

  private get storageKey(): string {
    return `zimu.edits.${this.id}`;
  }

  private keep(): void {
    try {
      if (!this.unsaved) this.storage?.removeItem(this.storageKey);
      else {
        const value = kept(this.revision, this.confirmed, this.steps, this.conflicts);
        this.storage?.setItem(this.storageKey, JSON.stringify(value));
      }
    } catch {
      // Storage is off or full: the edits last as long as the page.
    }
  }

  private clearTimer(): void {
    (this.hooks.clearTimer ?? clearTimeout)(this.timer as number);
    this.timer = null;
  }
}
