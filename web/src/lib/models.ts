// The models of the server as the page shows them. Pure.
import type { Model, ModelPull, Models, PullableModel } from './types';

/** An event of the stream put into the list; a name that is not in it yet is added. */
export function applyPull(models: Models, pull: ModelPull): Models {
  const known = models.pullable.some((model) => model.name === pull.name);
  const pullable = known
    ? models.pullable.map((model) => (model.name === pull.name ? { ...model, ...pull } : model))
    : [
        ...models.pullable,
        { ...pull, multilingual: !pull.name.endsWith('.en'), size_bytes: pull.total_bytes },
      ];
  return { ...models, pullable };
}

/** After this the installed models and the room on the disk are others. */
export const changesFiles = (pull: ModelPull): boolean =>
  pull.state === 'installed' || pull.state === 'available';

export const isOnItsWay = (pull: Pick<ModelPull, 'state'>): boolean =>
  pull.state === 'waiting' || pull.state === 'pulling';

/** What is not here: first what is on its way, then what failed, then the catalogue in its order. */
export function notInstalled(models: Models): PullableModel[] {
  const here = new Set(models.items.map((model) => model.name));
  const rank = (model: PullableModel) => (isOnItsWay(model) ? 0 : model.state === 'failed' ? 1 : 2);
  return models.pullable
    .filter((model) => !here.has(model.name) || rank(model) < 2)
    .map((model, at) => ({ model, at }))
    .sort((a, b) => rank(a.model) - rank(b.model) || a.at - b.at)
    .map(({ model }) => model);
}

/** The default first, then by size. */
export function installed(models: Models): Model[] {
  return [...models.items].sort(
    (a, b) =>
      Number(b.default) - Number(a.default) || a.size_bytes - b.size_bytes || a.name.localeCompare(b.name),
  );
}

/** What a job that failed for want of a model can be helped with; null where fetching does not help. */
export function fetchable(models: Models, name: string): PullableModel | null {
  if (models.offline || models.items.some((model) => model.name === name)) return null;
  return models.pullable.find((model) => model.name === name && model.state !== 'installed') ?? null;
}

export interface StoragePart {
  kind: 'uploads' | 'models' | 'database' | 'free';
  bytes: number;
  /** 0..1 of all. */
  share: number;
}

export function storageParts(storage: {
  database_bytes: number;
  uploads_bytes: number;
  models_bytes: number;
  free_bytes: number;
}): StoragePart[] {
  const parts: [StoragePart['kind'], number][] = [
    ['uploads', storage.uploads_bytes],
    ['models', storage.models_bytes],
    ['database', storage.database_bytes],
    ['free', storage.free_bytes],
  ];
  const all = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  return parts.map(([kind, bytes]) => ({ kind, bytes, share: all > 0 ? bytes / all : 0 }));
}
