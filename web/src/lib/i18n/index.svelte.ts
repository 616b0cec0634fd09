// The page's language. One file per language in messages/; a new file there is a new language in the menu.
import en from './messages/en';
import { chooseLocale, ownName, translate } from './translate';
import type { Findings, Key, Messages, Params } from './types';

export type { Key, Params } from './types';

const kReference = 'en';
const loaders = import.meta.glob<Messages>(['./messages/*.ts', '!./messages/en.ts'], { import: 'default' });
// English needs none: the server speaks it.
const findings = import.meta.glob<Findings>('./findings/*.ts', { import: 'default' });

export const locales: readonly string[] = [
  kReference,
  ...Object.keys(loaders)
    .map((path) => path.replace(/^.*\/|\.ts$/g, ''))
    .sort(),
];

class I18n {
  locale = $state(kReference);
  private messages = $state.raw<Messages>(en);
  private findings = $state.raw<Findings>({});

  /** Loads a language and shows the page in it; stays in the one before when its file cannot be had. */
  async use(wanted: readonly string[]): Promise<void> {
    const locale = chooseLocale(wanted, locales, kReference);
    if (locale === this.locale) return;
    const load = loaders[`./messages/${locale}.ts`];
    const [messages, found] = await Promise.all([
      load ? load() : en,
      findings[`./findings/${locale}.ts`]?.() ?? {},
    ]);
    this.messages = messages;
    this.findings = found;
    this.locale = locale;
  }

  /** The server's own words need no translation. */
  get speaksServer(): boolean {
    return this.locale === kReference;
  }

  has(key: string): key is Key {
    return Object.hasOwn(en, key);
  }

  /** What a finding of `zimu doctor` is in this language; null where only the server has words for it. */
  finding(code: string): { text: string; fix: string } | null {
    const found = Object.hasOwn(this.findings, code) ? this.findings[code] : undefined;
    return found ? { text: found[0], fix: found[1] } : null;
  }

  t(key: Key, params: Params = {}): string {
    return translate(this.messages[key] ?? en[key], params, this.locale);
  }
}

export const i18n = new I18n();
export const t = (key: Key, params?: Params): string => i18n.t(key, params);
export { ownName };
