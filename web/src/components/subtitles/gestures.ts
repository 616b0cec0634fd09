// What fingers and mouse do on the waveform. One pointer drags, draws or pans; two zoom.
import type { Edge } from '$lib/subtitles/cues';

export interface Hit {
  at: number;
  edge: Edge;
}

export interface Handlers {
  editable: () => boolean;
  hit: (target: Element) => Hit | null;
  onpress: (hit: Hit | null) => void;
  onclick: (hit: Hit | null, px: number) => void;
  /** `free`: nothing snaps. */
  ondrag: (hit: Hit, fromPx: number, toPx: number, free: boolean) => void;
  ondrop: () => void;
  /** A new cue is drawn on the empty part. */
  ondraw: (fromPx: number, toPx: number, free: boolean) => void;
  ondrawn: () => void;
  oncancel: () => void;
  onpan: (px: number) => void;
  /** Above 1: shows more. */
  onzoom: (factor: number, px: number) => void;
}

/** A press that moves less is a click. */
const kSlopPx = 4;
const kWheelZoom = 1 / 300;

type Doing = 'pressed' | 'drag' | 'draw' | 'pan' | 'pinch';

export function gestures(handlers: Handlers): (element: HTMLElement) => () => void {
  return (element) => {
    const off = new AbortController();
    const { signal } = off;
    const pointers = new Map<number, number>();
    let doing: Doing | null = null;
    let hit: Hit | null = null;
    let from = 0;
    let last = 0;
    let spread = 0;

    const pxOf = (event: PointerEvent | WheelEvent) => event.clientX - element.getBoundingClientRect().left;
    const stop = () => {
      doing = null;
      hit = null;
    };
    const cancel = () => {
      handlers.oncancel();
      stop();
    };

    element.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0) return;
        const px = pxOf(event);
        pointers.set(event.pointerId, px);
        element.setPointerCapture(event.pointerId);
        if (pointers.size === 2) {
          handlers.oncancel();
          doing = 'pinch';
          const [a, b] = [...pointers.values()] as [number, number];
          spread = Math.max(20, Math.abs(a - b));
          return;
        }
        hit = handlers.hit(event.target as Element);
        doing = 'pressed';
        from = last = px;
        handlers.onpress(hit);
      },
      { signal },
    );

    element.addEventListener(
      'pointermove',
      (event) => {
        if (!pointers.has(event.pointerId) || !doing) return;
        const px = pxOf(event);
        pointers.set(event.pointerId, px);
        if (doing === 'pinch') {
          const [a, b] = [...pointers.values()];
          if (a === undefined || b === undefined) return;
          const now = Math.max(20, Math.abs(a - b));
          handlers.onzoom(spread / now, (a + b) / 2);
          spread = now;
          return;
        }
        if (doing === 'pressed') {
          if (Math.abs(px - from) < kSlopPx) return;
          const touch = event.pointerType === 'touch';
          if (hit && handlers.editable() && !(touch && hit.edge === 'both')) doing = 'drag';
          else if (!hit && handlers.editable() && !touch) doing = 'draw';
          else doing = 'pan'; // A finger moves the picture.
        }
        if (doing === 'drag' && hit) handlers.ondrag(hit, from, px, event.shiftKey);
        else if (doing === 'draw') handlers.ondraw(from, px, event.shiftKey);
        else if (doing === 'pan') handlers.onpan(px - last);
        last = px;
      },
      { signal },
    );

    element.addEventListener(
      'pointerup',
      (event) => {
        if (!pointers.delete(event.pointerId) || !doing) return;
        if (doing === 'pinch') {
          if (pointers.size === 0) stop();
          return;
        }
        if (doing === 'pressed') handlers.onclick(hit, from);
        else if (doing === 'drag') handlers.ondrop();
        else if (doing === 'draw') handlers.ondrawn();
        stop();
      },
      { signal },
    );

    element.addEventListener(
      'pointercancel',
      (event) => {
        pointers.delete(event.pointerId);
        cancel();
      },
      { signal },
    );
    window.addEventListener('keydown', (event) => event.key === 'Escape' && doing && cancel(), { signal });

    element.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        const lines = event.deltaMode === 1 ? 16 : 1;
        const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
        if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY))
          handlers.onpan(-sideways * lines);
        else handlers.onzoom(Math.exp(event.deltaY * lines * kWheelZoom), pxOf(event));
      },
      { signal, passive: false },
    );
    return () => off.abort();
  };
}
