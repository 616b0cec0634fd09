import { untrack } from 'svelte';
import type { Row } from '../edit/rows';
import type { Operation } from '../edit/types';
import { isAbort } from '../errors';
import { checkCaptions, presetCues, type Scope } from '../subtitles/calls';
import {
  cueAt,
  cueNear,
  kLeastCueMs,
  moved,
  placeOf,
  splitOffset,
  type Edge,
  type Timed,
} from '../subtitles/cues';
import { keepChoices, keptChoices } from '../subtitles/kept';
import {
  countByRule,
  nextProblem,
  problemFrom,
  ruleFields,
  wrongValue,
  type RuleChoice,
} from '../subtitles/rules';
import type { Style } from '../subtitles/style';
import type { CaptionCheck, PresetCue } from '../subtitles/types';
import type { Segment } from '../types';

/** After an edit, before the rules are looked at again; and while lines still come in. */
const kSettleMs = 250;
const kLiveMs = 2_000;

/** What the subtitle view needs of the recording page. */
export interface Source {
  readonly transcriptId: string;
  /** Sorted by start; never changed in place. A row keeps its key through edits. */
  readonly rows: readonly Row[];
  readonly live: boolean;
  readonly loaded: boolean;
  /** One revision, shown at once. Null: nobody may edit now. */
  readonly edit: ((operations: readonly Operation[]) => void) | null;
}

/** The subtitle view of one recording: rules, what breaks them, the cue that is worked on. */
export class Studio {
  choice = $state<RuleChoice>(keptChoices().rules);
  style = $state<Style>(keptChoices().style);
  /** Whose cues are looked at: the transcript's own, or those that the rules make of it. */
  scope = $state<Scope>('segments');
  checks = $state.raw<Record<Scope, CaptionCheck | null>>({ segments: null, preset: null });
  cut = $state.raw<PresetCue[] | null>(null);
  checkError = $state.raw<unknown>(null);
  /** Of the row that is worked on; empty: none. */
  key = $state('');
  /** Position in `violations`, -1: none is looked at. */
  problem = $state(-1);
  /** A rule to look at alone; empty: all. */
  only = $state('');
  /** Times of a cue that are being changed and not sent yet. */
  draft = $state.raw<{ key: string; times: Timed } | null>(null);

  readonly usable = $derived(wrongValue(this.choice.own) === null || this.choice.preset !== 'custom');
  readonly check = $derived(this.checks[this.scope]);
  readonly counts = $derived(countByRule(this.check?.violations ?? []));
  readonly violations = $derived(
    (this.check?.violations ?? []).filter((violation) => !this.only || violation.rule === this.only),
  );
  /** Positions of the transcript's own cues that break a rule. */
  readonly problems = $derived(
    new Set((this.checks.segments?.violations ?? []).map((violation) => violation.cue)),
  );
  readonly cues: readonly Segment[] = $derived.by(() => this.source.rows.map((row) => row.segment));
  readonly position = $derived.by(() => new Map(this.source.rows.map((row, at) => [row.key, at])));
  readonly selected = $derived(this.position.get(this.key) ?? -1);
  /** The transcript's own cues, with what is being changed. */
  readonly shown = $derived.by((): readonly Segment[] => {
    const { draft } = this;
    const at = draft ? (this.position.get(draft.key) ?? -1) : -1;
    return draft && at >= 0 ? this.cues.with(at, { ...this.cues[at]!, ...draft.times }) : this.cues;
  });
  readonly cue = $derived(this.shown[this.selected] ?? null);
  readonly editable = $derived.by(() => this.source.edit !== null);

  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly source: Source) {}

  /** Called once, where effects may live. */
  start(): void {
    $effect(() => {
      keepChoices({ rules: $state.snapshot(this.choice), style: $state.snapshot(this.style) });
    });
    $effect(() => {
      void $state.snapshot(this.choice);
      void this.source.rows;
      void this.scope;
      const ready = this.source.transcriptId && this.source.loaded && this.usable;
      const wait = this.source.live ? kLiveMs : kSettleMs;
      untrack(() => {
        clearTimeout(this.timer);
        if (ready) this.timer = setTimeout(() => void this.look(), this.check ? wait : 0);
      });
    });
    $effect(() => {
      void this.source.transcriptId;
      untrack(() => {
        this.abort?.abort();
        this.checks = { segments: null, preset: null };
        this.cut = null;
        this.problem = -1;
        this.key = '';
        this.draft = null;
      });
    });
    $effect(() => () => {
      clearTimeout(this.timer);
      this.abort?.abort();
    });
  }

  async look(): Promise<void> {
    this.abort?.abort();
    const { signal } = (this.abort = new AbortController());
    const { transcriptId } = this.source;
    const choice = $state.snapshot(this.choice);
    try {
      const [segments, preset, cut] = await Promise.all([
        checkCaptions(transcriptId, choice, 'segments', signal),
        checkCaptions(transcriptId, choice, 'preset', signal),
        this.scope === 'preset' ? presetCues(transcriptId, choice, signal) : null,
      ]);
      this.checks = { segments, preset };
      this.cut = cut;
      this.checkError = null;
      this.problem = Math.min(this.problem, this.violations.length - 1);
    } catch (error) {
      if (isAbort(error) || signal.aborted) return;
      this.checkError = error;
    }
  }

  /** What is on the screen at a time. */
  textAt(time: number): string {
    if (this.scope === 'preset' && this.cut) return shownText(this.cut[cueAt(this.cut, time)]);
    return shownText(this.shown[cueAt(this.shown, time)]);
  }

  select(at: number): void {
    const row = this.source.rows[at];
    if (!row) return;
    if (row.key !== this.key) this.commitDraft();
    this.key = row.key;
  }

  /** Goes to a problem and answers the time to show. */
  show(at: number): number | null {
    const violation = this.violations[at];
    if (!violation) return null;
    this.problem = at;
    this.select(this.scope === 'segments' ? violation.cue : cueNear(this.cues, violation.start_ms));
    return violation.start_ms;
  }

  /** The next problem (or the one before), from the one looked at or else from the chosen cue. */
  step(steps: 1 | -1): number | null {
    const at =
      this.problem >= 0
        ? nextProblem(this.violations.length, this.problem, steps)
        : problemFrom(this.violations, this.scope === 'segments' ? this.selected : -1, steps);
    return this.show(at);
  }

  // Edits: each is one revision.

  edit(operation: Operation): void {
    this.commitDraft();
    this.source.edit?.([operation]);
  }

  fit(first: number, last: number): void {
    if (first < 0 || last < first) return;
    this.edit({ op: 'fit', first, last, ...ruleFields($state.snapshot(this.choice)) });
  }

  /** The cue with one edge at another time, shown only; `commitDraft` makes it a revision. */
  drag(at: number, edge: Edge, time: number, duration: number, cues = this.cues): void {
    const key = this.source.rows[at]?.key;
    if (key && this.editable) this.draft = { key, times: moved(cues, at, edge, time, duration) };
  }

  commitDraft(): void {
    const { draft } = this;
    if (!draft) return;
    this.draft = null;
    const index = this.position.get(draft.key) ?? -1;
    const cue = this.cues[index];
    const { start_ms, end_ms } = draft.times;
    if (cue && (cue.start_ms !== start_ms || cue.end_ms !== end_ms)) {
      this.source.edit?.([{ op: 'times', index, start_ms, end_ms }]);
    }
  }

  setText(key: string, text: string): void {
    const index = this.position.get(key);
    if (index !== undefined) this.edit({ op: 'text', index, text });
  }

  insert(times: Timed, text: string): void {
    const index = placeOf(this.cues, times.start_ms);
    this.edit({ op: 'insert', index, ...times, text });
    this.select(index);
  }

  remove(index: number): void {
    this.edit({ op: 'delete', index });
    this.select(Math.min(index, this.source.rows.length - 1));
  }

  merge(index: number): void {
    if (index >= 0 && index < this.cues.length - 1) this.edit({ op: 'merge', index });
  }

  /** At the word nearest to the time; false where the cue has nothing to part there. */
  split(index: number, time: number): boolean {
    this.commitDraft();
    const row = this.source.rows[index];
    const cue = row?.segment;
    if (!cue || time < cue.start_ms + kLeastCueMs || time > cue.end_ms - kLeastCueMs) return false;
    const offset = splitOffset(cue, time);
    if (offset < 1) return false;
    this.edit({ op: 'split', index, offset: row.lead + offset });
    return true;
  }
}

function shownText(cue: { text: string; speaker: string } | undefined): string {
  if (!cue) return '';
  return cue.speaker ? `${cue.speaker}: ${cue.text.trim()}` : cue.text.trim();
}
