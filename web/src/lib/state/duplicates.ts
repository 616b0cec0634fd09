import { api } from '../api';
import { t } from '../i18n/index.svelte';
import type { Media } from '../types';
import { recordingPath, router } from './router.svelte';
import { toasts } from './toasts.svelte';

/** Says of what was added in this page, once, that the same file is there already. */
class Duplicates {
  private watched = new Set<string>();

  watch(mediaId: string): void {
    this.watched.add(mediaId);
  }

  heard(media: Media): void {
    // Before it was looked at, nobody knows.
    if (media.state === 'inspecting' || !this.watched.delete(media.id) || !media.duplicate_of) return;
    const older = media.duplicate_of;
    const tell = ({ title }: Media) =>
      toasts.show(t('duplicate.told', { title: media.title, older: title }), {
        action: { label: t('duplicate.open'), run: () => router.go(recordingPath(older)) },
      });
    void api.getMedia(older).then(tell, () => {}); // Gone meanwhile: then it is no duplicate any more.
  }
}

export const duplicates = new Duplicates();
