import { chooseAll, extend, nothingChosen, toggle, type Chosen } from '../selection';
import type { Media } from '../types';
import { library } from './library.svelte';

/** The recordings that are chosen on the library page, to be acted on together. */
class Selection {
  /** The boxes are there also where nothing hovers: on phones, and for people who asked for them. */
  open = $state(false);
  private chosen = $state.raw<Chosen>(nothingChosen);

  /** Those that are gone from the page are gone from here. */
  readonly items = $derived<Media[]>(library.shown.filter((media) => this.chosen.ids.has(media.id)));
  readonly active = $derived(this.open || this.items.length > 0);

  has(id: string): boolean {
    return this.chosen.ids.has(id);
  }

  toggle(id: string, range: boolean): void {
    const order = library.shown.map((media) => media.id);
    this.chosen = range ? extend(this.chosen, id, order) : toggle(this.chosen, id);
  }

  all(): void {
    this.chosen = chooseAll(library.shown.map((media) => media.id));
  }

  none(): void {
    this.chosen = nothingChosen;
  }

  close(): void {
    this.none();
    this.open = false;
  }
}

export const selection = new Selection();
