/**
 * Loudness bars out of a file's peaks: the loudest of each stretch, scaled so that the loudest of all is 1. The
 * square root lifts quiet speech, which would be a flat line beside one clap.
 */
export function resample(peaks: readonly number[], bars: number): number[] {
  if (peaks.length === 0 || bars <= 0) return [];
  const out = new Array<number>(bars).fill(0);
  let loudest = 1;
  for (let bar = 0; bar < bars; bar += 1) {
    const from = Math.floor((bar * peaks.length) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
    let top = 0;
    for (let i = from; i < to; i += 1) top = Math.max(top, peaks[i]!);
    out[bar] = top;
    loudest = Math.max(loudest, top);
  }
  return out.map((peak) => Math.sqrt(peak / loudest));
}
