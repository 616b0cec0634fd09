import { ApiError } from './api';
import { t } from './i18n/index.svelte';

/** What the server says in a few words, as a sentence: "the disk is full" → "The disk is full." */
export function sentence(text: string): string {
  const words = text.trim();
  if (!words) return '';
  // Addresses, names in quotes and the like keep their first letter.
  const first = /^[a-z]+[ ,]/.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words;
  return /[.!?…。！？]$/.test(first) ? first : `${first}.`;
}

/** One sentence for people, and the action to take where the server named one. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (error.is_network) return t('error.network');
  return [error.message, error.action].map(sentence).filter(Boolean).join(' ');
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
