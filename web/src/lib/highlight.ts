// Marks inside transcript lines by the CSS Custom Highlight API: no element per word, so a transcript of hours
// stays a light page. Browsers without it show the line's own highlight only.
import type { TextSpan } from './search';

type Layer = 'zimu-word' | 'zimu-hit' | 'zimu-hit-current';

const supported = typeof CSS !== 'undefined' && 'highlights' in CSS && typeof Highlight !== 'undefined';

export function mark(layer: Layer, spots: { element: Element | null; span: TextSpan }[]): void {
  if (!supported) return;
  const ranges: Range[] = [];
  for (const { element, span } of spots) {
    const node = element?.firstChild;
    if (!(node instanceof Text) || span.end > node.length) continue;
    const range = new Range();
    range.setStart(node, span.start);
    range.setEnd(node, span.end);
    ranges.push(range);
  }
  if (ranges.length === 0) CSS.highlights.delete(layer);
  else CSS.highlights.set(layer, new Highlight(...ranges));
}

/** The character of `element`'s text under a point, -1 where there is none. */
export function offsetAt(element: Element, x: number, y: number): number {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return element.contains(position.offsetNode) ? position.offset : -1;
  const range = document.caretRangeFromPoint?.(x, y);
  return range && element.contains(range.startContainer) ? range.startOffset : -1;
}
