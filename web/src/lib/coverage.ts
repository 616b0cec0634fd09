// What of a recording's sound has text: as it was measured when the transcript was made, and with the lines of now.
import { kLeastGapMs, type Coverage, type LeftOut, type Segment, type Stretch } from './types';

export interface CoverageNow {
  /** 0..1 */
  share: number;
  /** Sound without text, in order. */
  gaps: Stretch[];
  /** Text that was left out and is in no line yet, in order. */
  leftOut: LeftOut[];
}

type Line = Pick<Segment, 'start_ms' | 'end_ms' | 'text'>;

/** What of a stretch no line lies on. */
function free(stretch: Stretch, lines: readonly Line[]): Stretch[] {
  const parts: Stretch[] = [];
  let from = stretch.start_ms;
  const over = lines
    .filter((line) => line.start_ms < stretch.end_ms && line.end_ms > stretch.start_ms)
    .sort((a, b) => a.start_ms - b.start_ms);
  for (const { start_ms, end_ms } of over) {
    if (start_ms > from) parts.push({ start_ms: from, end_ms: start_ms });
    from = Math.max(from, end_ms);
  }
  if (from < stretch.end_ms) parts.push({ start_ms: from, end_ms: stretch.end_ms });
  return parts;
}

const length = ({ start_ms, end_ms }: Stretch) => end_ms - start_ms;

export function coverageNow(coverage: Coverage, lines: readonly Line[]): CoverageNow {
  let covered = coverage.covered_ms;
  const gaps: Stretch[] = [];
  for (const gap of coverage.gaps) {
    const left = free(gap, lines);
    covered += length(gap) - left.reduce((sum, part) => sum + length(part), 0);
    gaps.push(...left.filter((part) => length(part) >= kLeastGapMs));
  }
  const share = coverage.audible_ms > 0 ? Math.min(1, covered / coverage.audible_ms) : 1;
  const leftOut = coverage.left_out.filter(
    (one) =>
      !lines.some(
        (line) => line.text === one.text && line.start_ms <= one.end_ms && line.end_ms >= one.start_ms,
      ),
  );
  return { share, gaps, leftOut };
}

/** Where a line with text that was left out goes: the longest part of its time that no other line has. */
export function placeOf(leftOut: LeftOut, lines: readonly Line[]): Stretch {
  const parts = free(leftOut, lines);
  const longest = parts.reduce<Stretch | null>(
    (best, part) => (best && length(best) >= length(part) ? best : part),
    null,
  );
  return longest ?? { start_ms: leftOut.start_ms, end_ms: leftOut.end_ms };
}
