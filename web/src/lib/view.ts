// How the library is looked at: order and filters. Kept in the address, so that a view can be reloaded and sent.
import type { Status } from './reduce';

export const kSorts = [
  '-created',
  'created',
  'title',
  '-title',
  '-duration',
  'duration',
  '-size',
  'size',
] as const;
export type Sort = (typeof kSorts)[number];

export const kStatuses: readonly Status[] = [
  'running',
  'queued',
  'paused',
  'done',
  'failed',
  'cancelled',
  'untranscribed',
  'inspecting',
  'unreadable',
];

export const kMostTitleCharacters = 100;

export interface LibraryView {
  sort: Sort;
  /** Empty: any. */
  state: Status | '';
  language: string;
  tag: string;
  /** A part of the title. */
  title: string;
}

export const plainView: LibraryView = { sort: '-created', state: '', language: '', tag: '', title: '' };

/** What is not understood is left out. */
export function viewFrom(params: URLSearchParams): LibraryView {
  const sort = params.get('sort') as Sort | null;
  const state = params.get('state') as Status | null;
  return {
    sort: sort && kSorts.includes(sort) ? sort : plainView.sort,
    state: state && kStatuses.includes(state) ? state : '',
    language: /^[a-z]{2,3}$/.test(params.get('language') ?? '') ? params.get('language')! : '',
    tag: (params.get('tag') ?? '').trim(),
    title: (params.get('title') ?? '').trim().slice(0, kMostTitleCharacters),
  };
}

/** The parameters of the address; none for the plain view. */
export function viewParams(view: LibraryView): URLSearchParams {
  const params = new URLSearchParams();
  for (const key of ['sort', 'state', 'language', 'tag', 'title'] as const) {
    if (view[key] !== plainView[key]) params.set(key, view[key]);
  }
  return params;
}

export const sameView = (a: LibraryView, b: LibraryView): boolean =>
  viewParams(a).toString() === viewParams(b).toString();

/** The parameters of GET /media. */
export function viewQuery(view: LibraryView): Record<string, string | undefined> {
  return {
    sort: view.sort === plainView.sort ? undefined : view.sort,
    state: view.state || undefined,
    language: view.language || undefined,
    tag: view.tag || undefined,
    q: view.title || undefined,
  };
}

/** How many filters hold something back; the order holds nothing back. */
export function filterCount(view: LibraryView): number {
  return [view.state, view.language, view.tag, view.title].filter(Boolean).length;
}
