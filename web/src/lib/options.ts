import type { JobRequest, Model, Task } from './types';

/** What people chose for the next recordings; kept in the browser. An empty model is the server's default. */
export interface TranscribeChoice {
  model: string;
  language: string;
  task: Task;
  words: boolean;
  prompt: string;
  accuracy: 'thorough' | 'fast';
}

export const kMaxPromptLength = 1_000;

export const defaultChoice: TranscribeChoice = {
  model: '',
  language: 'auto',
  task: 'transcribe',
  words: true,
  prompt: '',
  accuracy: 'thorough',
};

/** Takes from stored text what still makes sense; the rest is the default. */
export function choiceFrom(stored: unknown): TranscribeChoice {
  const raw = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>;
  const text = (key: keyof TranscribeChoice, fallback: string) =>
    typeof raw[key] === 'string' ? (raw[key] as string) : fallback;
  return {
    model: text('model', defaultChoice.model),
    language: text('language', defaultChoice.language) || defaultChoice.language,
    task: raw.task === 'translate' ? 'translate' : 'transcribe',
    words: typeof raw.words === 'boolean' ? raw.words : defaultChoice.words,
    prompt: text('prompt', '').slice(0, kMaxPromptLength),
    accuracy: raw.accuracy === 'fast' ? 'fast' : 'thorough',
  };
}

/** The model a choice means, where the server has it. */
export function chosenModel(
  choice: TranscribeChoice,
  models: readonly Model[],
  fallback: string,
): Model | undefined {
  const name = choice.model || fallback;
  return models.find((model) => model.name === name);
}

/** The request for one recording. A model that is gone is left out, and an English-only one is asked for English. */
export function jobRequest(
  mediaId: string,
  choice: TranscribeChoice,
  models: readonly Model[],
  fallback: string,
): JobRequest {
  const model = chosenModel(choice, models, fallback);
  const englishOnly = model?.multilingual === false;
  const request: JobRequest = {
    media_id: mediaId,
    language: englishOnly ? 'en' : choice.language,
    task: englishOnly ? 'transcribe' : choice.task,
    words: choice.words,
  };
  if (choice.model && (model || models.length === 0)) request.model = choice.model;
  if (choice.prompt.trim()) request.prompt = choice.prompt.trim();
  if (choice.accuracy === 'fast') request.beam_size = 1;
  return request;
}
