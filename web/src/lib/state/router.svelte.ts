import { viewFrom, viewParams, plainView, type LibraryView } from '../view';

export type Route =
  | { page: 'library'; query: string; view: LibraryView }
  | { page: 'system' }
  | { page: 'settings' }
  /** `at`: the moment to show, in ms; `transcript`: which one, where it is not the newest. */
  | { page: 'recording'; id: string; at: number | null; transcript: string; view: 'text' | 'subtitles' }
  | { page: 'unknown' };

export function routeOf(path: string, search = ''): Route {
  const params = new URLSearchParams(search);
  if (path === '/' || path === '/index.html') {
    return { page: 'library', query: (params.get('q') ?? '').trim(), view: viewFrom(params) };
  }
  if (/^\/system\/?$/.test(path)) return { page: 'system' };
  if (/^\/settings\/?$/.test(path)) return { page: 'settings' };
  const id = /^\/media\/([^/]+)\/?$/.exec(path)?.[1];
  if (!id) return { page: 'unknown' };
  const seconds = params.get('t');
  const at = seconds && /^\d+(\.\d+)?$/.test(seconds) ? Math.round(Number(seconds) * 1000) : null;
  const view = params.get('view') === 'subtitles' ? 'subtitles' : 'text';
  return {
    page: 'recording',
    id: decodeURIComponent(id),
    at,
    transcript: params.get('transcript') ?? '',
    view,
  };
}

export const recordingPath = (id: string): string => `/media/${encodeURIComponent(id)}`;
/** A search keeps the view of the library behind it. */
export function searchPath(query: string, view: LibraryView = plainView): string {
  const rest = viewParams(view).toString();
  return query ? `/?q=${encodeURIComponent(query)}${rest ? `&${rest}` : ''}` : libraryPath(view);
}
export function libraryPath(view: LibraryView): string {
  const params = viewParams(view).toString();
  return params ? `/?${params}` : '/';
}
export const momentPath = (id: string, ms: number, transcript: string): string =>
  `${recordingPath(id)}?t=${ms / 1000}&transcript=${encodeURIComponent(transcript)}`;
export const subtitlesPath = (id: string, transcript = ''): string =>
  `${recordingPath(id)}?view=subtitles${transcript ? `&transcript=${encodeURIComponent(transcript)}` : ''}`;

/** The address bar. Plain links work: clicks on them that stay in the app are taken over. */
class Router {
  // Right from the first moment: a page that began as another one would ask the server for nothing.
  route = $state.raw<Route>(
    typeof location === 'undefined' ? routeOf('/') : routeOf(location.pathname, location.search),
  );
  private scrollY = new Map<string, number>();

  start(): () => void {
    const popped = () => this.show();
    window.addEventListener('popstate', popped);
    document.addEventListener('click', this.clicked);
    return () => {
      window.removeEventListener('popstate', popped);
      document.removeEventListener('click', this.clicked);
    };
  }

  go(path: string): void {
    if (path === location.pathname + location.search) return;
    this.scrollY.set(location.pathname, window.scrollY);
    history.pushState(null, '', path);
    this.show();
  }

  /** Another address for what is on the page: no step back leads to the one before. */
  replace(path: string): void {
    history.replaceState(null, '', path);
    this.route = routeOf(location.pathname, location.search);
  }

  /** Where the page stood when it was left; 0 for a page not seen before. */
  remembered(path: string): number {
    return this.scrollY.get(path) ?? 0;
  }

  private show(): void {
    this.route = routeOf(location.pathname, location.search);
    window.scrollTo(0, 0);
  }

  private clicked = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.hash || routeOf(link.pathname).page === 'unknown') return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  };
}

export const router = new Router();
