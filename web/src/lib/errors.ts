import { ApiError } from './api';
import { i18n, t } from './i18n/index.svelte';

/** What the server says in a few words, as a sentence: "the disk is full" → "The disk is full." */
export function sentence(text: string): string {
  const words = text.trim();
  if (!words) return '';
  // Addresses, names in quotes and the like keep their first letter.
  const first = /^[a-z]+[ ,]/.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words;
  return /[.!?…。！？]$/.test(first) ? first : `${first}.`;
}

/** A failure that the server names: by its code, with what the server says of this one. */
export interface Failure {
  code: string;
  message: string;
  action?: string;
}

/**
 * What happened, and what more there is to say. The server speaks English: in other languages its code is told, and
 * its own words, which name the file or the field, follow as a quotation.
 */
export function failureWords({ code, message, action = '' }: Failure): { what: string; more: string } {
  const key = `problem.${code}`;
  const known = i18n.has(key) ? t(key) : '';
  const words = [sentence(message), sentence(action)];
  if (i18n.speaksServer || !known) return { what: words[0] || known, more: words[1]! };
  const own = words.filter(Boolean).join(' ');
  return { what: known, more: own && t('problem.words', { words: own }) };
}

export function failureText(failure: Failure): string {
  const { what, more } = failureWords(failure);
  return [what, more].filter(Boolean).join(' ');
}

/** One sentence for people, and the action to take where the server named one. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  return error.is_network ? t('error.network') : failureText(error);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
