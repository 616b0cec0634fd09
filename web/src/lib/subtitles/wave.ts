// Loudness for a waveform that can be zoomed: the whole recording coarsely, and near by as fine as the server has it.

export interface Peaks {
  start_ms: number;
  bucket_ms: number;
  peaks: readonly number[];
}

/** The most points that the server gives at once. */
export const kMostPoints = 20_000;
/** A piece of the finest peaks; 20 ms each, so well below kMostPoints. */
export const kTileMs = 300_000;
export const kMostTiles = 24;

/** The greatest peak from `from` to before `to`; -1 where these peaks say nothing about that time. */
export function loudest(peaks: Peaks, from: number, to: number): number {
  const first = Math.floor((from - peaks.start_ms) / peaks.bucket_ms);
  const last = Math.max(first + 1, Math.ceil((to - peaks.start_ms) / peaks.bucket_ms));
  if (first < 0 || first >= peaks.peaks.length) return -1;
  let top = 0;
  for (let at = first; at < Math.min(last, peaks.peaks.length); at += 1)
    top = Math.max(top, peaks.peaks[at]!);
  return top;
}

/** The starts of the tiles that a view needs besides the overview; none where the overview is fine enough. */
export function tilesFor(
  from: number,
  to: number,
  msPerPx: number,
  overviewBucketMs: number,
  finestMs: number,
): number[] {
  if (overviewBucketMs <= Math.max(msPerPx, finestMs)) return [];
  const out: number[] = [];
  for (let start = Math.floor(Math.max(0, from) / kTileMs) * kTileMs; start < to; start += kTileMs)
    out.push(start);
  return out.length > 4 ? [] : out;
}

/** One bar a pixel, 0 to 1; the square root lifts quiet speech. */
export function bars(
  from: number,
  msPerPx: number,
  width: number,
  overview: Peaks | null,
  tiles: ReadonlyMap<number, Peaks>,
  loudestOfAll: number,
): Float32Array {
  const out = new Float32Array(Math.max(0, Math.ceil(width)));
  for (let px = 0; px < out.length; px += 1) {
    const start = from + px * msPerPx;
    const tile = tiles.get(Math.floor(start / kTileMs) * kTileMs);
    let value = tile ? loudest(tile, start, start + msPerPx) : -1;
    if (value < 0 && overview) value = loudest(overview, start, start + msPerPx);
    out[px] = Math.sqrt(Math.max(0, value) / Math.max(1, loudestOfAll));
  }
  return out;
}
