import type { Mark, SearchHit } from './types';

export interface Part {
  text: string;
  hit: boolean;
}

/** A snippet in pieces. Marks count code points, JavaScript's strings do not. */
export function snippetParts(snippet: string, marks: readonly Mark[]): Part[] {
  const points = Array.from(snippet);
  const parts: Part[] = [];
  const add = (from: number, to: number, hit: boolean) => {
    const text = points.slice(from, to).join('');
    if (text) parts.push({ text, hit });
  };
  let from = 0;
  for (const { start, end } of marks) {
    add(from, start, false);
    add(start, end, true);
    from = end;
  }
  add(from, points.length, false);
  return parts;
}

export interface ResultGroup {
  mediaId: string;
  title: string;
  hits: SearchHit[];
}

/** By recording, in the order in which the recordings first occur. */
export function groupHits(hits: readonly SearchHit[]): ResultGroup[] {
  const groups = new Map<string, ResultGroup>();
  for (const hit of hits) {
    const group = groups.get(hit.media_id);
    if (group) group.hits.push(hit);
    else groups.set(hit.media_id, { mediaId: hit.media_id, title: hit.media_title, hits: [hit] });
  }
  return [...groups.values()];
}
