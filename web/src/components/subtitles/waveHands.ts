// What gestures on the waveform mean for cues and times.
import { gestures, type Hit } from './gestures';
import { kLeastCueMs, latestEnds, snapped, snapTargets, within, type Timed } from '$lib/subtitles/cues';
import { timeAt, type View } from '$lib/subtitles/view';
import type { Player } from '$lib/state/player.svelte';
import type { Studio } from '$lib/state/studio.svelte';

/** The waveform under the hands. */
export interface Surface {
  readonly studio: Studio;
  readonly player: Player;
  readonly duration: number;
  readonly view: View;
  /** A cue that is being drawn. */
  fresh: Timed | null;
  /** The player goes there, and the view with it. */
  seek: (ms: number) => void;
  pan: (px: number) => void;
  zoom: (factor: number, px: number) => void;
  create: (times: Timed) => void;
}

const kSnapPx = 8;

function hitAt(target: Element): Hit | null {
  const region = target.closest<HTMLElement>('[data-cue]');
  if (!region) return null;
  const edge = target.closest<HTMLElement>('[data-edge]')?.dataset.edge;
  return { at: Number(region.dataset.cue), edge: edge === 'start' || edge === 'end' ? edge : 'both' };
}

export function waveHands(on: Surface): (element: HTMLElement) => () => void {
  const { studio, player } = on;
  const limited = (time: number) => Math.min(Math.max(0, time), on.duration);

  function nearEdges(time: number, reach: number): number[] {
    const { cues } = studio;
    const [first, after] = within(cues, latestEnds(cues), time - reach, time + reach);
    return cues.slice(first, after).flatMap((cue) => [cue.start_ms, cue.end_ms]);
  }

  /** To the edges of other cues and the playhead; `at` -1: of no cue. */
  function snap(time: number, at: number, free: boolean): number {
    if (free) return time;
    const reach = kSnapPx * on.view.msPerPx;
    const targets =
      at >= 0 ? snapTargets(studio.cues, at, player.time) : [player.time, ...nearEdges(time, reach)];
    return snapped(time, targets, reach);
  }

  /** A whole cue snaps by whichever of its edges is nearer to something. */
  function snapWhole(time: number, length: number, at: number): number {
    const byStart = snap(time, at, false);
    const byEnd = snap(time + length, at, false) - length;
    const far = (value: number) => (value === time ? Infinity : Math.abs(value - time));
    return far(byEnd) < far(byStart) ? byEnd : byStart;
  }

  return gestures({
    editable: () => studio.editable,
    hit: hitAt,
    onpress: (hit) => hit && studio.select(hit.at),
    onclick(hit, px) {
      // On a cue: its start, so that one hears it whole; on the empty part: there.
      on.seek(hit ? studio.cues[hit.at]!.start_ms : limited(timeAt(on.view, px)));
    },
    ondrag(hit, fromPx, toPx, free) {
      const cue = studio.cues[hit.at];
      if (!cue) return;
      const anchor = hit.edge === 'end' ? cue.end_ms : cue.start_ms;
      const time = anchor + (toPx - fromPx) * on.view.msPerPx;
      const whole = hit.edge === 'both' && !free;
      const to = whole
        ? snapWhole(time, cue.end_ms - cue.start_ms, hit.at)
        : snap(time, hit.at, free || hit.edge === 'both');
      studio.drag(hit.at, hit.edge, to, on.duration);
    },
    ondrop: () => studio.commitDraft(),
    ondraw(fromPx, toPx, free) {
      const [low, high] = [Math.min(fromPx, toPx), Math.max(fromPx, toPx)].map((px) =>
        snap(limited(timeAt(on.view, px)), -1, free),
      ) as [number, number];
      on.fresh = { start_ms: Math.round(low), end_ms: Math.round(high) };
    },
    ondrawn() {
      const { fresh } = on;
      if (fresh && fresh.end_ms - fresh.start_ms >= kLeastCueMs * 2) on.create(fresh);
      on.fresh = null;
    },
    oncancel() {
      studio.draft = null;
      on.fresh = null;
    },
    onpan: (px) => on.pan(px),
    onzoom: (factor, px) => on.zoom(factor, px),
  });
}
