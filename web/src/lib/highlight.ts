// Marks inside transcript lines by the CSS Custom Highlight API: no element per word, so a transcript of hours
// stays a light page. Browsers without it show the line's own highlight only.
import type { TextSpan } from './search';

export type Layer = 'zimu-word' | 'zimu-hit' | 'zimu-hit-current' | 'zimu-doubt' | 'zimu-doubt-current';

const supported = typeof CSS !== 'undefined' && 'highlights' in CSS && typeof Highlight !== 'undefined';

/** Paints spans of an element's text; the answer takes them away again. */
export function paint(layer: Layer, element: Element, spans: readonly TextSpan[]): () => void {
  const node = element.firstChild;
  if (!supported || spans.length === 0 || !(node instanceof Text)) return () => {};
  let highlight = CSS.highlights.get(layer);
  if (!highlight) CSS.highlights.set(layer, (highlight = new Highlight()));
  const ranges: Range[] = [];
  for (const { start, end } of spans) {
    if (end > node.length) continue;
    const range = new Range();
    range.setStart(node, start);
    range.setEnd(node, end);
    highlight.add(range);
    ranges.push(range);
  }
  return () => ranges.forEach((range) => highlight.delete(range));
}

/** The character of `element`'s text under a point, -1 where there is none. */
export function offsetAt(element: Element, x: number, y: number): number {
  const position = document.caretPositionFromPoint?.(x, y);
  if (position) return element.contains(position.offsetNode) ? position.offset : -1;
  const range = document.caretRangeFromPoint?.(x, y);
  return range && element.contains(range.startContainer) ? range.startOffset : -1;
}
