import OpenAI, { APIError } from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import {
  type ChatLibrary,
  type Manner,
  personSchema,
  type Question,
  type ToldCall,
  toolNames,
  tools,
} from './chat-client.ts'

/** The `openai` package: `create`, its stream, its tool runner and its parser. */
export const openaiChat: ChatLibrary = {
  name: 'openai',
  retriesByDefault: 2,
  heedsShouldRetry: true,
  connect: ({ origin, apiKey }, tap) => {
    const openai = new OpenAI({ baseURL: `${origin}/v1`, apiKey, fetch: tap })
    return {
      ask: async (question, manner = {}) => {
        const { onText } = manner
        if (onText === undefined) {
          const whole = await openai.chat.completions.create(bodyOf(question), optionsOf(manner))
          return { text: whole.choices[0]?.message.content ?? '', usage: told(whole.usage) }
        }
        const stream = await openai.chat.completions.create(
          { ...bodyOf(question), ...asStream },
          optionsOf(manner),
        )
        let text = ''
        let usage = noUsage
        for await (const { choices, usage: reported } of stream) {
          const piece = choices[0]?.delta.content ?? ''
          text += piece
          if (piece !== '') onText(piece)
          if (reported != null) usage = told(reported)
        }
        return { text, usage }
      },
      askWithTools: async (question, manner) => {
        const calls: ToldCall[] = []
        const options = {
          ...bodyOf(question),
          tools: toolNames.map((name) => ({
            type: 'function' as const,
            function: {
              name,
              description: tools[name].description,
              parameters: tools[name].parameters,
              parse: (text: string): object => JSON.parse(text),
              function: (input: object) => {
                calls.push({ name, input })
                return tools[name].run(input)
              },
            },
          })),
        }
        const { onText } = manner
        const runner =
          onText === undefined
            ? openai.chat.completions.runTools(options, optionsOf(manner))
            : openai.chat.completions
                .runTools({ ...options, ...asStream }, optionsOf(manner))
                .on('content', onText)
        return { text: (await runner.finalContent()) ?? '', calls }
      },
      askForPerson: async (question, manner) => {
        const body = {
          ...bodyOf(question),
          response_format: {
            type: 'json_schema' as const,
            json_schema: { name: 'person', schema: personSchema, strict: true },
          },
        }
        const final =
          manner.onText === undefined
            ? await openai.chat.completions.parse(body, optionsOf(manner))
            : await openai.chat.completions
                .stream({ ...body, ...asStream }, optionsOf(manner))
                .finalChatCompletion()
        return JSON.parse(final.choices[0]?.message.content ?? '')
      },
    }
  },
  readError: readOpenAiError,
  kindOf: ({ openaiClass }) => openaiClass,
}

/** Errors of the `openai` package, which LangChain and the agents SDK raise as well. */
export function readOpenAiError(error: unknown): ReturnType<ChatLibrary['readError']> {
  if (!(error instanceof APIError)) throw new Error('no APIError was raised', { cause: error })
  return {
    kind: error.constructor.name,
    status: error.status,
    code: String(error.code),
    message: error.message,
  }
}

const noUsage = { promptTokens: 0, completionTokens: 0 }
const told = (
  usage: { readonly prompt_tokens: number; readonly completion_tokens: number } | undefined,
) =>
  usage === undefined
    ? noUsage
    : { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens }

const asStream = { stream: true as const, stream_options: { include_usage: true } }

const optionsOf = ({ signal, maxRetries }: Manner) => ({
  ...(signal !== undefined && { signal }),
  ...(maxRetries !== undefined && { maxRetries }),
})

function bodyOf({ model, text, image, extra, maxTokens }: Question) {
  const content =
    image === undefined
      ? text
      : [
          { type: 'text' as const, text },
          { type: 'image_url' as const, image_url: { url: image } },
        ]
  const messages: ChatCompletionMessageParam[] = [{ role: 'user', content }]
  return { model, messages, max_completion_tokens: maxTokens, ...extra }
}
