export interface Toast {
  id: number;
  text: string;
  kind: 'plain' | 'error';
  action?: { label: string; run: () => void };
}

const kPlainMs = 5_000;
const kActionMs = 10_000;
const kMostToasts = 4;

/** Short notices at the bottom. Their clock stands still while the pointer or the focus is on them. */
class Toasts {
  items = $state<Toast[]>([]);
  private nextId = 1;
  private timers = new Map<number, ReturnType<typeof setTimeout>>();
  private held = false;

  /** Answers a way to take it back. */
  show(text: string, options: Partial<Pick<Toast, 'kind' | 'action'>> = {}): () => void {
    const toast: Toast = { id: this.nextId++, text, kind: options.kind ?? 'plain', action: options.action };
    this.items = [...this.items, toast].slice(-kMostToasts);
    if (!this.held) this.arm(toast);
    return () => this.dismiss(toast.id);
  }

  error(text: string): void {
    this.show(text, { kind: 'error' });
  }

  dismiss(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  hold(held: boolean): void {
    this.held = held;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    if (!held) this.items.forEach((toast) => this.arm(toast));
  }

  private arm(toast: Toast): void {
    const wait = toast.action || toast.kind === 'error' ? kActionMs : kPlainMs;
    this.timers.set(
      toast.id,
      setTimeout(() => this.dismiss(toast.id), wait),
    );
  }
}

export const toasts = new Toasts();
