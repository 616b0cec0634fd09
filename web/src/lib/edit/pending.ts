// Steps that the server has not yet confirmed, and how they outlive a reload of the page.
import { applyEdit, toOperation, type Edit } from './edits';
import type { Row } from './rows';
import type { Hunk, Operation } from './types';

export interface EditStep {
  kind: 'edit';
  edits: Edit[];
  /** Sent once without an answer: it may have been done. */
  tried: boolean;
  trace: string;
}
export interface TravelStep {
  kind: 'undo' | 'redo' | 'restore';
  number: number;
  tried: boolean;
}
export type Step = EditStep | TravelStep;

/** An edit that could not be done as it was meant; nothing that a person wrote is thrown away. */
export interface Conflict {
  id: number;
  edit: Edit;
  /** What the person wrote, and what stands there now; null: the line is gone. */
  mine: string;
  theirs: string | null;
  /** Why the server refused it; empty: the line was changed elsewhere. */
  refusal: string;
}

export interface Kept {
  base: number;
  /** Where the lines that the steps name were at `base`. */
  at: Record<string, number>;
  steps: Step[];
  conflicts: Conflict[];
}

export function keysOf(edit: Edit): string[] {
  if (edit.op === 'server' || edit.op === 'rename_speaker') return [];
  if (edit.op === 'insert') return edit.before ? [edit.before] : [];
  return edit.op === 'merge' ? [edit.key, edit.next] : [edit.key];
}

/** The drafts that a step takes over. */
export function draftsOf(step: Step): string[] {
  const operations =
    step.kind === 'edit' ? step.edits.map((edit) => 'operation' in edit && edit.operation) : [];
  return operations.flatMap((operation) =>
    operation && operation.op === 'take' ? [operation.draft_id] : [],
  );
}

export function kept(base: number, confirmed: readonly Row[], steps: Step[], conflicts: Conflict[]): Kept {
  const wanted = new Set(
    [
      ...steps.flatMap((step) => (step.kind === 'edit' ? step.edits : [])),
      ...conflicts.map((conflict) => conflict.edit),
    ].flatMap(keysOf),
  );
  const at: Record<string, number> = {};
  if (wanted.size > 0) {
    confirmed.forEach((row, index) => {
      if (wanted.has(row.key)) at[row.key] = index;
    });
  }
  return { base, at, steps, conflicts };
}

export function parseKept(text: string | null): Kept | null {
  try {
    const value = JSON.parse(text ?? 'null') as Kept | null;
    if (!value || typeof value.base !== 'number' || !Array.isArray(value.steps)) return null;
    return { ...value, at: value.at ?? {}, conflicts: value.conflicts ?? [] };
  } catch {
    return null;
  }
}

/** The operations of one step, and the list that they are expected to make. */
export function foresee(
  rows: readonly Row[],
  edits: readonly Edit[],
): { operations: Operation[]; rows: Row[] } {
  const operations: Operation[] = [];
  let list = rows as Row[];
  for (const edit of edits) {
    operations.push(toOperation(list, edit));
    list = applyEdit(list, edit);
  }
  return { operations, rows: list };
}

/** What a change looks like from outside, to know our own again when its answer was lost. */
export function traceOf(before: readonly Row[], after: readonly Row[]): string {
  const old = new Set(before);
  const made = after
    .filter((row) => !old.has(row))
    .map((row) => `${row.segment.speaker}\t${row.segment.text}`);
  return JSON.stringify([after.length - before.length, made.sort()]);
}

export function traceOfHunks(hunks: readonly Hunk[]): string {
  const made = hunks.flatMap((hunk) => hunk.inserted.map((line) => `${line.speaker}\t${line.text.trim()}`));
  const grown = hunks.reduce((sum, hunk) => sum + hunk.inserted.length - hunk.removed, 0);
  return JSON.stringify([grown, made.sort()]);
}
