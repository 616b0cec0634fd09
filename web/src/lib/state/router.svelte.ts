export type Route = { page: 'library' } | { page: 'recording'; id: string } | { page: 'unknown' };

export function routeOf(path: string): Route {
  if (path === '/' || path === '/index.html') return { page: 'library' };
  const id = /^\/media\/([^/]+)\/?$/.exec(path)?.[1];
  return id ? { page: 'recording', id: decodeURIComponent(id) } : { page: 'unknown' };
}

export const recordingPath = (id: string): string => `/media/${encodeURIComponent(id)}`;

/** The address bar. Plain links work: clicks on them that stay in the app are taken over. */
class Router {
  route = $state.raw<Route>({ page: 'library' });
  private scrollY = new Map<string, number>();

  start(): () => void {
    this.route = routeOf(location.pathname);
    const popped = () => this.show();
    window.addEventListener('popstate', popped);
    document.addEventListener('click', this.clicked);
    return () => {
      window.removeEventListener('popstate', popped);
      document.removeEventListener('click', this.clicked);
    };
  }

  go(path: string): void {
    if (path === location.pathname) return;
    this.scrollY.set(location.pathname, window.scrollY);
    history.pushState(null, '', path);
    this.show();
  }

  /** Where the page stood when it was left; 0 for a page not seen before. */
  remembered(path: string): number {
    return this.scrollY.get(path) ?? 0;
  }

  private show(): void {
    this.route = routeOf(location.pathname);
    window.scrollTo(0, 0);
  }

  private clicked = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.hash || routeOf(link.pathname).page === 'unknown') return;
    event.preventDefault();
    this.go(link.pathname);
  };
}

export const router = new Router();
