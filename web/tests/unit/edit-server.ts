// The server's side of revisions in little, for the queue's tests: one list, numbered changes, 409 for an old base.
import { ApiError } from '$lib/api';
import { applyEdit, type Edit } from '$lib/edit/edits';
import { rowsFrom, type Row } from '$lib/edit/rows';
import type { Change, Changes, Hunk, Operation, Remote } from '$lib/edit/types';
import type { Segment, Transcript } from '$lib/types';
import { header, segment } from './samples';

export class Server implements Remote {
  rows: Row[];
  readonly log: (Change & { before: Row[] })[] = [];
  /** What the next requests fail with, before or after they were done. */
  failures: ('before' | 'after' | ApiError)[] = [];
  sent: Operation[][] = [];
  private keys = 0;

  constructor(texts: string[]) {
    this.rows = rowsFrom(
      texts.map((text, at) => segment(at, text)),
      's',
    );
  }

  get revision(): number {
    return this.log.length;
  }
  get texts(): string[] {
    return this.rows.map((row) => row.segment.text);
  }
  transcript(): Transcript {
    const segments = this.rows.map((row, index) => ({ ...row.segment, index }));
    return { ...header('t1', { complete: true, revision: this.revision }), segments, undo: null, redo: null };
  }

  /** Revisions that `changes` gives at once. */
  most = 100;

  async read(): Promise<Transcript> {
    return { ...this.transcript(), undo: this.revision || null };
  }
  async revise(base: number, operations: Operation[]): Promise<Change> {
    const fail = await this.begin(base);
    this.sent.push(operations);
    const before = this.rows;
    for (const operation of operations) this.rows = applyEdit(this.rows, this.editOf(operation));
    return this.commit('edit', before, fail);
  }
  async undo(base: number): Promise<Change> {
    const fail = await this.begin(base);
    const before = this.rows;
    this.rows = this.log.at(-1)!.before;
    return this.commit('undo', before, fail);
  }
  async redo(base: number): Promise<Change> {
    return this.undo(base);
  }
  async restore(base: number, revision: number): Promise<Change> {
    const fail = await this.begin(base);
    const before = this.rows;
    this.rows = this.log[revision]!.before;
    return this.commit('restore', before, fail);
  }
  async changes(since: number): Promise<Changes> {
    await this.begin(this.revision);
    if (this.revision - since > this.most) throw new ApiError(409, 'conflict', 'too many');
    const hunks = this.log.slice(since).flatMap((change) => change.hunks);
    return { revision: this.revision, undo: this.revision || null, redo: null, hunks };
  }
  async change(number: number) {
    return {
      ...this.log[number - 1]!,
      hunks: this.log[number - 1]!.hunks.map((h) => ({ ...h, removed_segments: [] })),
    };
  }

  private async begin(base: number): Promise<boolean> {
    await Promise.resolve();
    const fail = this.failures.shift();
    if (fail === 'before') throw new ApiError(0, 'network', '');
    if (fail instanceof ApiError) throw fail;
    if (base !== this.revision) throw new ApiError(409, 'conflict', 'changed elsewhere');
    return fail === 'after';
  }
  private commit(kind: string, before: Row[], fail: boolean): Change {
    let head = 0;
    while (head < before.length && before[head] === this.rows[head]) head += 1;
    let tail = 0;
    while (
      tail < Math.min(before.length, this.rows.length) - head &&
      before.at(-1 - tail) === this.rows.at(-1 - tail)
    )
      tail += 1;
    const inserted: Segment[] = this.rows.slice(head, this.rows.length - tail).map((row) => row.segment);
    const hunks: Hunk[] = [{ at: head, removed: before.length - tail - head, inserted }];
    const revision = this.revision + 1;
    const change = {
      transcript_id: 't1',
      revision,
      kind,
      target: null,
      created_at: '',
      undo: revision,
      redo: null,
      hunks,
    };
    this.log.push({ ...change, before });
    if (fail) throw new ApiError(0, 'network', '');
    return change;
  }
  private editOf(operation: Operation): Edit {
    const key = (index: number) => this.rows[index]?.key ?? '';
    this.keys += 1;
    const made = `m${this.keys}`;
    switch (operation.op) {
      case 'rename_speaker':
        return operation;
      case 'split': {
        const units = [...this.rows[operation.index]!.segment.text]
          .slice(0, operation.offset)
          .join('').length;
        return { op: 'split', key: key(operation.index), offset: units, made, was: '' };
      }
      case 'merge':
        return { op: 'merge', key: key(operation.index), next: key(operation.index + 1), was: '' };
      case 'insert':
        return { ...operation, before: key(operation.index), made, speaker: operation.speaker ?? '' };
      case 'text':
      case 'times':
      case 'speaker':
      case 'delete':
        return { ...operation, key: key(operation.index), was: '' } as Edit;
      case 'take':
        return { op: 'text', key: key(0), text: operation.draft_id, was: '' };
      default:
        throw new ApiError(400, 'invalid', operation.op);
    }
  }
}
