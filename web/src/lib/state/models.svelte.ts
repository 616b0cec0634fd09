import { api } from '../api';
import { errorText } from '../errors';
import { t } from '../i18n/index.svelte';
import { applyPull } from '../models';
import { session } from './session.svelte';
import { toasts } from './toasts.svelte';

/** What can be done to the server's models; what comes of it arrives over the event stream. */
export const modelActions = {
  async pull(name: string): Promise<void> {
    const known = () => session.models.pullable.find((model) => model.name === name);
    const before = known();
    try {
      const answer = await api.pullModel(name);
      // An event that has overtaken the answer knows more.
      if (known() === before) session.models = applyPull(session.models, answer);
    } catch (error) {
      toasts.error(errorText(error));
    }
  },

  async cancel(name: string): Promise<void> {
    try {
      await api.cancelPull(name);
    } catch (error) {
      toasts.error(errorText(error));
      void session.refresh();
    }
  },

  /** Answers whether it is gone. */
  async remove(name: string): Promise<boolean> {
    try {
      await api.removeModel(name);
      toasts.show(t('models.removed', { model: name }));
      await session.refresh();
      return true;
    } catch (error) {
      toasts.error(errorText(error));
      return false;
    }
  },
};
