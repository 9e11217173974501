import { speech } from './audio-speech.ts'
import { transcriptions, translations } from './audio-transcripts.ts'
import { chatCompletions } from './chat-completions.ts'
import { completions } from './completions.ts'
import { embeddings } from './embeddings.ts'
import { imageEdits, imageGenerations } from './images.ts'
import { messages } from './messages/messages.ts'
import { moderations } from './moderations.ts'
import { responses } from './responses/responses.ts'
import type { Surface } from './surface.ts'

/** Where models are asked. */
export const surfaces: readonly Surface[] = [
  chatCompletions,
  responses,
  messages,
  completions,
  embeddings,
  moderations,
  imageGenerations,
  imageEdits,
  speech,
  transcriptions,
  translations,
]
