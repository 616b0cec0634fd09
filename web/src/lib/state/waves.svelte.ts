import { waveSpan } from '../subtitles/calls';
import { kMostPoints, kMostTiles, kTileMs, tilesFor, type Peaks } from '../subtitles/wave';

/** The loudness of one recording, fetched as it is looked at. */
export class Waves {
  overview = $state.raw<Peaks | null>(null);
  tiles = $state.raw<ReadonlyMap<number, Peaks>>(new Map());
  readonly loudest = $derived(this.overview?.peaks.reduce((top, peak) => Math.max(top, peak), 1) ?? 1);
  private finestMs = 0;
  private asked = new Set<number>();
  private abort = new AbortController();

  constructor(readonly mediaId: string) {}

  async load(): Promise<void> {
    try {
      this.overview = await waveSpan(this.mediaId, kMostPoints, {}, this.abort.signal);
    } catch {
      // Without it the editor shows cues on a plain line.
    }
  }

  /** Fetches what a view needs and is not here yet. */
  need(from: number, to: number, msPerPx: number): void {
    if (!this.overview) return;
    for (const start of tilesFor(from, to, msPerPx, this.overview.bucket_ms, this.finestMs)) {
      if (this.asked.has(start)) continue;
      this.asked.add(start);
      void this.fetch(start);
    }
  }

  stop(): void {
    this.abort.abort();
  }

  private async fetch(start: number): Promise<void> {
    try {
      const span = { start_ms: start, end_ms: start + kTileMs };
      const tile = await waveSpan(this.mediaId, kMostPoints, span, this.abort.signal);
      this.finestMs = tile.bucket_ms;
      const tiles = new Map(this.tiles).set(start, tile);
      for (const old of tiles.keys()) {
        if (tiles.size <= kMostTiles) break;
        tiles.delete(old);
        this.asked.delete(old);
      }
      this.tiles = tiles;
    } catch {
      this.asked.delete(start); // Asked again when the view moves.
    }
  }
}
