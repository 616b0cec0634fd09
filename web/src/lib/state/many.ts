import { api } from '../api';
import { errorText } from '../errors';
import { t } from '../i18n/index.svelte';
import { jobRequest, type TranscribeChoice } from '../options';
import { inTurns } from '../turns';
import type { Media } from '../types';
import { library } from './library.svelte';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

/** Does it for each; what failed is told once. Answers whether all went well. */
async function forAll<T>(all: readonly T[], work: (item: T) => Promise<void>): Promise<boolean> {
  const failed = await inTurns(all, work);
  if (!failed[0]) return true;
  const reason = errorText(failed[0].error);
  const one = all.length === 1;
  toasts.error(one ? reason : t('many.failed', { failed: String(failed.length), count: all.length, reason }));
  return false;
}

export async function tagAll(
  changes: readonly { holder: Media; tags: string[] }[],
  ontagged: (media: Media) => void,
): Promise<boolean> {
  const good = await forAll(changes, async ({ holder, tags }) => {
    const media = await api.tagMedia(holder.id, tags);
    library.heardMedia(media);
    ontagged(media);
  });
  void library.loadTags();
  return good;
}

export function transcribeAll(all: readonly Media[], choice: TranscribeChoice): Promise<boolean> {
  const { items, default: fallback } = session.models;
  return forAll(all, async (media) =>
    library.heard(await api.createJob(jobRequest(media.id, choice, items, fallback))),
  );
}
