// The arithmetic of a waveform that can be zoomed: what part of the recording it shows, and where things are in it.

/** `from` is the time at the left edge; both in milliseconds. */
export interface View {
  from: number;
  msPerPx: number;
}

export const kFinestMsPerPx = 2;
/** As much as this is shown at first. */
export const kFirstSpanMs = 20_000;
/** Where the playhead leaves the view, and where it is put then, as shares of the width. */
const kLeaveAt = 0.92;
const kEnterAt = 0.08;
const kTickPx = 90;
const kTickSteps = [
  100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000,
  1_800_000, 3_600_000,
];

export const timeAt = (view: View, px: number): number => view.from + px * view.msPerPx;
export const pxAt = (view: View, ms: number): number => (ms - view.from) / view.msPerPx;

/** Everything is in view; a short recording is not drawn wider than its finest zoom. */
export function coarsest(duration: number, width: number): number {
  return Math.max(kFinestMsPerPx, duration / Math.max(1, width));
}

/** Within the recording, and not finer or coarser than makes sense. */
export function clampView(view: View, duration: number, width: number): View {
  const msPerPx = Math.min(Math.max(view.msPerPx, kFinestMsPerPx), coarsest(duration, width));
  const last = Math.max(0, duration - width * msPerPx);
  return { from: Math.min(Math.max(0, view.from), last), msPerPx };
}

/** Zooms so that the time under `px` stays there. A factor above 1 shows more. */
export function zoomAt(view: View, factor: number, px: number, duration: number, width: number): View {
  const limited = clampView({ from: 0, msPerPx: view.msPerPx * factor }, duration, width).msPerPx;
  return clampView({ from: timeAt(view, px) - px * limited, msPerPx: limited }, duration, width);
}

/** The view that keeps a moving playhead in sight: it turns the page instead of crawling. */
export function follow(view: View, time: number, duration: number, width: number): View {
  const at = pxAt(view, time) / Math.max(1, width);
  if (at >= 0 && at <= kLeaveAt) return view;
  return clampView({ ...view, from: time - kEnterAt * width * view.msPerPx }, duration, width);
}

/** The view that shows a stretch with room at both sides; the zoom changes only where it does not fit. */
export function reveal(view: View, start: number, end: number, duration: number, width: number): View {
  const length = Math.max(1, end - start);
  const msPerPx = Math.max(view.msPerPx, (length * 1.3) / Math.max(1, width));
  const room = width * msPerPx;
  if (msPerPx === view.msPerPx && start >= view.from + room * 0.04 && end <= view.from + room * 0.96)
    return view;
  return clampView({ from: start - (room - length) / 2, msPerPx }, duration, width);
}

/** Times to write on the ruler: round ones, not closer than can be read. */
export function ticks(view: View, width: number): { step: number; times: number[] } {
  const wanted = kTickPx * view.msPerPx;
  const step = kTickSteps.find((candidate) => candidate >= wanted) ?? kTickSteps.at(-1)!;
  const times: number[] = [];
  const end = view.from + width * view.msPerPx;
  for (let time = Math.ceil(view.from / step) * step; time <= end; time += step) times.push(time);
  return { step, times };
}
