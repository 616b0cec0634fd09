// Revisions, as /api/v1 sends and takes them. Segments are named by their position.
import type { Segment, Transcript } from '../types';

/** At `at`, `removed` segments give way to `inserted`. Hunks are done in order, each on the list as it is by then. */
export interface Hunk {
  at: number;
  removed: number;
  inserted: Segment[];
}

export interface Changes {
  revision: number;
  undo: number | null;
  redo: number | null;
  hunks: Hunk[];
}

export interface Change extends Changes {
  transcript_id: string;
  kind: string;
  target: number | null;
  created_at: string;
}

/** One revision in full: each hunk also says what it took away. */
export interface FullChange extends Omit<Change, 'hunks'> {
  hunks: (Hunk & { removed_segments: Segment[] })[];
}

export interface RevisionItem {
  number: number;
  kind: string;
  target: number | null;
  created_at: string;
  hunks: number;
  segments_before: number;
  segments_after: number;
  index: number;
  start_ms: number;
  before: string;
  after: string;
}

export type Operation =
  | { op: 'text'; index: number; text: string }
  | { op: 'times'; index: number; start_ms: number; end_ms: number }
  | { op: 'speaker'; index: number; speaker: string }
  | { op: 'rename_speaker'; from: string; to: string }
  | { op: 'split'; index: number; offset: number }
  | { op: 'merge'; index: number }
  | { op: 'insert'; index: number; start_ms: number; end_ms: number; text: string; speaker?: string }
  | { op: 'delete'; index: number }
  | { op: 'shift'; by_ms: number; first?: number; last?: number }
  | { op: 'stretch'; from_a_ms: number; to_a_ms: number; from_b_ms: number; to_b_ms: number }
  | ({ op: 'fit'; first: number; last: number; preset: string } & Record<string, unknown>)
  | { op: 'take'; draft_id: string };

/** What the queue needs of the server. */
export interface Remote {
  read(): Promise<Transcript>;
  revise(base: number, operations: Operation[]): Promise<Change>;
  undo(base: number): Promise<Change>;
  redo(base: number): Promise<Change>;
  restore(base: number, revision: number): Promise<Change>;
  /** 409 when that is too much to be given change by change. */
  changes(since: number): Promise<Changes>;
  change(number: number): Promise<FullChange>;
}
