import { errorText } from '../errors';
import { chooseAll, extend, nothingChosen, toggle, type Chosen } from '../selection';
import type { Media } from '../types';
import { sameView, type LibraryView } from '../view';
import { library } from './library.svelte';
import { toasts } from './toasts.svelte';

/** More are not chosen at once. */
const kMost = 5_000;

/** Those that match and are not on the page, as they were when all were chosen. */
interface Others {
  view: LibraryView;
  items: readonly Media[];
  complete: boolean;
}
const nobody: Others = { view: { ...library.view }, items: [], complete: true };

/** The recordings that are chosen on the library page, to be acted on together. */
class Selection {
  /** The boxes are there also where nothing hovers: on phones, and for people who asked for them. */
  open = $state(false);
  /** All that match are being read. */
  gathering = $state(false);
  private chosen = $state.raw<Chosen>(nothingChosen);
  private others = $state.raw<Others>(nobody);
  private gathers = 0;

  /** Those that are gone from the page, or of another view, are gone from here. */
  readonly items = $derived.by<Media[]>(() => {
    const shown = library.shown.filter((media) => this.chosen.ids.has(media.id));
    if (this.others.items.length === 0 || !sameView(this.others.view, library.view)) return shown;
    const known = new Set(library.items.map((media) => media.id));
    const rest = this.others.items.filter(({ id }) => this.chosen.ids.has(id) && !known.has(id));
    return [...shown, ...rest.filter(({ id }) => !library.isLeaving(id))];
  });
  readonly active = $derived(this.open || this.items.length > 0);
  /** All that match are chosen. */
  readonly every = $derived(
    this.items.length > 0 &&
      library.shown.every((media) => this.chosen.ids.has(media.id)) &&
      (library.next === null || (this.others.items.length > 0 && sameView(this.others.view, library.view))) &&
      this.others.items.every(({ id }) => this.chosen.ids.has(id) || library.isLeaving(id)),
  );
  /** There are more than can be chosen at once. */
  readonly more = $derived(this.every && !this.others.complete);

  has(id: string): boolean {
    return this.chosen.ids.has(id);
  }

  toggle(id: string, range: boolean): void {
    const order = library.shown.map((media) => media.id);
    this.chosen = range ? extend(this.chosen, id, order) : toggle(this.chosen, id);
  }

  /** All that match: those on the page at once, the others as soon as the server has named them. */
  async all(): Promise<void> {
    const shown = library.shown.map((media) => media.id);
    this.chosen = chooseAll(shown);
    this.others = nobody;
    if (library.next === null) return;
    const gather = ++this.gathers;
    const view = { ...library.view };
    this.gathering = true;
    try {
      const { items, complete } = await library.matching(kMost);
      if (gather !== this.gathers || !sameView(view, library.view)) return;
      this.others = { view, items, complete };
      this.chosen = chooseAll([...new Set([...this.chosen.ids, ...items.map((media) => media.id)])]);
    } catch (error) {
      if (gather === this.gathers) toasts.error(errorText(error));
    } finally {
      if (gather === this.gathers) this.gathering = false;
    }
  }

  none(): void {
    this.gathers += 1;
    this.gathering = false;
    this.chosen = nothingChosen;
    this.others = nobody;
  }

  close(): void {
    this.none();
    this.open = false;
  }
}

export const selection = new Selection();
