import { count } from '../format';
import type { Message, Params } from './types';

/** Fills one message in; `count`, where given as a number, chooses the plural form. */
export function translate(message: Message, params: Params, locale: string): string {
  let text: string;
  if (typeof message === 'string') {
    text = message;
  } else {
    const rule = new Intl.PluralRules(locale).select(Number(params.count ?? 0));
    text = message[rule] ?? message.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? count(value, locale) : value;
  });
}

/** The first language asked for that there is: exactly, then by its language alone ("zh-TW" takes "zh-CN"). */
export function chooseLocale(
  wanted: readonly string[],
  available: readonly string[],
  fallback: string,
): string {
  for (const tag of wanted) {
    const exact = available.find((name) => name.toLowerCase() === tag.toLowerCase());
    if (exact) return exact;
    const language = tag.split('-')[0]!.toLowerCase();
    const near = available.find((name) => name.split('-')[0]!.toLowerCase() === language);
    if (near) return near;
  }
  return fallback;
}

/** A language's own name for itself, which needs no translation: "English", "简体中文". */
export function ownName(locale: string): string {
  const { language, script } = new Intl.Locale(locale).maximize();
  // For Chinese the script tells more than the country.
  const tag = language === 'zh' ? `${language}-${script}` : locale;
  const name = new Intl.DisplayNames(locale, { type: 'language' }).of(tag) ?? locale;
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}
