import * as format from '$lib/format';
import type { Timed } from '$lib/subtitles/cues';
import { exact } from '$lib/subtitles/stretch';
import { pxAt, type View } from '$lib/subtitles/view';

export interface Picture {
  view: View;
  width: number;
  height: number;
  /** Loudness of each pixel's time, 0 to 1. */
  bars: Float32Array;
  ruler: { times: readonly number[]; step: number };
  /** Cues that are too many to be elements; empty: they are elements. */
  crowd: readonly Timed[];
}

export const kRulerPx = 20;

/** Loudness, times, and where there is text: in the colours of the canvas. */
export function paintWave(
  canvas: HTMLCanvasElement,
  { view, width, height, bars, ruler, crowd }: Picture,
): void {
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const room = height - kRulerPx;
  const middle = kRulerPx + room / 2;
  context.fillStyle = style.color;
  for (let px = 0; px < bars.length; px += 1) {
    const tall = Math.max(1, bars[px]! * (room - 8));
    context.fillRect(px, middle - tall / 2, 1, tall);
  }
  context.font = `11px ${style.fontFamily}`;
  context.textBaseline = 'middle';
  for (const time of ruler.times) {
    const px = Math.round(pxAt(view, time));
    context.fillRect(px, kRulerPx - 5, 1, 5);
    const text = ruler.step < 1000 ? exact(time).slice(0, -2) : format.clock(time);
    context.fillText(text, px + 4, kRulerPx / 2);
  }
  context.fillStyle = style.caretColor;
  context.globalAlpha = 0.35;
  for (const cue of crowd) {
    const left = pxAt(view, cue.start_ms);
    context.fillRect(left, kRulerPx, Math.max(0.5, pxAt(view, cue.end_ms) - left), room);
  }
}
