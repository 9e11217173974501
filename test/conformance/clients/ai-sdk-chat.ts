import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  generateText,
  isStepCount,
  jsonSchema,
  type LanguageModel,
  Output,
  RetryError,
  StreamProviderError,
  streamText,
  type ToolSet,
  tool,
} from 'ai'
import {
  type ChatClient,
  type ChatLibrary,
  type ExpectedError,
  type Manner,
  personSchema,
  type Question,
  type ToldCall,
  toolNames,
  tools,
} from './chat-client.ts'

const retriesByDefault = 2

/** The Vercel AI SDK with its provider for OpenAI itself. */
export const aiSdkOpenai: ChatLibrary = {
  name: '@ai-sdk/openai',
  retriesByDefault,
  heedsShouldRetry: false,
  connect: ({ origin, apiKey }, tap) => {
    const provider = createOpenAI({ baseURL: `${origin}/v1`, apiKey, fetch: tap })
    // It sends no member that it does not know, but metadata is whatever its user likes.
    return clientOf(
      (model) => provider.chat(model),
      (extra) => ({ openai: { metadata: extra } }),
    )
  },
  readError,
  kindOf,
}

/** The same by the Responses API, which is what that provider's models ask by default. */
export const aiSdkResponses: ChatLibrary = {
  ...aiSdkOpenai,
  name: '@ai-sdk/openai, responses',
  connect: ({ origin, apiKey }, tap) => {
    const provider = createOpenAI({ baseURL: `${origin}/v1`, apiKey, fetch: tap })
    return clientOf(
      (model) => provider(model),
      (extra) => ({ openai: { metadata: extra } }),
    )
  },
}

/** The same with its provider for whatever speaks like OpenAI. */
export const aiSdkCompatible: ChatLibrary = {
  name: '@ai-sdk/openai-compatible',
  retriesByDefault,
  heedsShouldRetry: false,
  connect: ({ origin, apiKey }, tap) => {
    const provider = createOpenAICompatible({
      name: 'vouch',
      baseURL: `${origin}/v1`,
      apiKey,
      fetch: tap,
      includeUsage: true,
      supportsStructuredOutputs: true,
    })
    return clientOf(
      (model) => provider.chatModel(model),
      (extra) => ({ vouch: extra }),
    )
  },
  readError,
  kindOf,
}

type ProviderOptions = Readonly<Record<string, Readonly<Record<string, never>>>>

function clientOf(
  modelNamed: (name: string) => LanguageModel,
  optionsOf: (extra: Readonly<Record<string, string>>) => unknown,
): ChatClient {
  const settings = (question: Question, { signal, maxRetries }: Manner) => ({
    model: modelNamed(question.model),
    messages: [{ role: 'user' as const, content: contentOf(question) }],
    maxOutputTokens: question.maxTokens,
    ...(question.extra && {
      providerOptions: optionsOf(question.extra) as ProviderOptions,
    }),
    ...(signal && { abortSignal: signal }),
    ...(maxRetries !== undefined && { maxRetries }),
  })
  return {
    ask: async (question, manner = {}) => {
      const { onText } = manner
      const { text, usage } =
        onText === undefined
          ? await generateText(settings(question, manner))
          : await readStream(streamText({ ...settings(question, manner), ...quiet }), onText)
      return {
        text,
        usage: { promptTokens: usage.inputTokens ?? 0, completionTokens: usage.outputTokens ?? 0 },
      }
    },
    askWithTools: async (question, manner) => {
      const calls: ToldCall[] = []
      const asked = {
        ...settings(question, manner),
        tools: toolSet(calls),
        stopWhen: isStepCount(3),
      }
      const { onText } = manner
      const { text } =
        onText === undefined
          ? await generateText(asked)
          : await readStream(streamText({ ...asked, ...quiet }), onText)
      return { text, calls }
    },
    askForPerson: async (question, manner) => {
      const output = Output.object({ schema: jsonSchema(personSchema), name: 'person' })
      const asked = { ...settings(question, manner), output }
      const { onText } = manner
      if (onText === undefined) return (await generateText(asked)).output
      const streamed = streamText({ ...asked, ...quiet })
      await readStream(streamed, onText)
      return streamed.output
    },
  }
}

/** Without a listener the library prints every error of a stream. */
const quiet = { onError: () => {} }

/** Errors come as parts of the stream: whoever reads the text alone would take a broken answer for a whole one. */
async function readStream(
  streamed: ReturnType<typeof streamText>,
  onText: (piece: string) => void,
): Promise<{
  text: string
  usage: { inputTokens: number | undefined; outputTokens: number | undefined }
}> {
  for await (const part of streamed.fullStream) {
    if (part.type === 'text-delta') onText(part.text)
    if (part.type === 'error') throw part.error
    if (part.type === 'abort') throw new DOMException('aborted', 'AbortError')
  }
  return { text: await streamed.text, usage: await streamed.usage }
}

const toolSet = (calls: ToldCall[]): ToolSet =>
  Object.fromEntries(
    toolNames.map((name) => [
      name,
      tool({
        description: tools[name].description,
        inputSchema: jsonSchema(tools[name].parameters),
        execute: (input: unknown) => {
          calls.push({ name, input })
          return tools[name].run(input)
        },
      }),
    ]),
  )

const contentOf = ({ text, image }: Question) =>
  image === undefined
    ? text
    : [
        { type: 'text' as const, text },
        { type: 'file' as const, data: image, mediaType: 'image/png' },
      ]

type ErrorData = { readonly error?: { readonly code?: unknown } }

/** The documented classes: RetryError over what the attempts said; StreamProviderError for what came inside a stream. */
function readError(error: unknown): ReturnType<ChatLibrary['readError']> {
  if (StreamProviderError.isInstance(error)) {
    const { message, code } = error
    return { kind: error.name, status: undefined, code: String(code), message }
  }
  const last = RetryError.isInstance(error) ? error.lastError : error
  if (!APICallError.isInstance(last)) throw new Error('no APICallError', { cause: error })
  const code = (last.data as ErrorData | undefined)?.error?.code
  return {
    kind: last.name,
    status: last.statusCode,
    code: String(code),
    message: last.message,
  }
}

function kindOf({ status }: ExpectedError): string {
  return status === undefined ? 'AI_StreamProviderError' : 'AI_APICallError'
}
