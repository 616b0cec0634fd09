// The page's language. One file per language in messages/; a new file there is a new language in the menu.
import en from './messages/en';
import { chooseLocale, ownName, translate } from './translate';
import type { Key, Messages, Params } from './types';

export type { Key, Params } from './types';

const kReference = 'en';
const loaders = import.meta.glob<Messages>(['./messages/*.ts', '!./messages/en.ts'], { import: 'default' });

export const locales: readonly string[] = [
  kReference,
  ...Object.keys(loaders)
    .map((path) => path.replace(/^.*\/|\.ts$/g, ''))
    .sort(),
];

class I18n {
  locale = $state(kReference);
  private messages = $state.raw<Messages>(en);

  /** Loads a language and shows the page in it; stays in the one before when its file cannot be had. */
  async use(wanted: readonly string[]): Promise<void> {
    const locale = chooseLocale(wanted, locales, kReference);
    if (locale === this.locale) return;
    const load = loaders[`./messages/${locale}.ts`];
    this.messages = load ? await load() : en;
    this.locale = locale;
  }

  t(key: Key, params: Params = {}): string {
    return translate(this.messages[key] ?? en[key], params, this.locale);
  }
}

export const i18n = new I18n();
export const t = (key: Key, params?: Params): string => i18n.t(key, params);
export { ownName };
