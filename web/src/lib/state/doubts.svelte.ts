import { doubtId, doubts, type Doubt } from '../edit/doubt';
import type { Recording } from './recording.svelte';
import { settings } from './settings.svelte';

/** The words that the model was not sure of, one after the other. */
export class DoubtWalk {
  on = $state(false);
  private at = $state(-1);
  private checked = $state.raw<ReadonlySet<string>>(new Set());

  readonly all: readonly Doubt[] = $derived.by(() => {
    if (!this.on) return [];
    return doubts(this.recording.rows, this.below).filter((doubt) => !this.checked.has(doubtId(doubt)));
  });
  readonly position = $derived(Math.min(this.at, this.all.length - 1));
  readonly current = $derived<Doubt | null>(this.all[this.position] ?? null);

  constructor(private readonly recording: Recording) {}

  /** Words with a lower probability are shown. One setting, of this browser. */
  get below(): number {
    return settings.confidence;
  }
  set below(below: number) {
    settings.confidence = below;
  }

  toggle(): void {
    this.on = !this.on;
    this.at = -1;
  }

  /** Round and round; the first step goes to the first word after `time`. */
  step(steps: 1 | -1, time: number): Doubt | null {
    this.on = true;
    const count = this.all.length;
    if (count === 0) return null;
    if (this.position < 0) {
      const next = this.all.findIndex((doubt) => doubt.start_ms >= time);
      this.at = steps > 0 ? Math.max(0, next) : next < 0 ? count - 1 : (next - 1 + count) % count;
    } else this.at = (this.position + steps + count) % count;
    return this.current;
  }

  /** The word is right as it is. Only this page remembers it. */
  accept(): void {
    const { current } = this;
    if (current) this.checked = new Set([...this.checked, doubtId(current)]);
  }
}
