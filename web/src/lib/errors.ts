import { ApiError } from './api';
import { t } from './i18n/index.svelte';

/** One sentence for people, and the action to take where the server named one. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (error.is_network) return t('error.network');
  return error.action ? `${error.message} ${error.action}` : error.message;
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
