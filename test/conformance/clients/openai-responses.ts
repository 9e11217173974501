import OpenAI from 'openai'
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseInput,
} from 'openai/resources/responses/responses'
import {
  type ChatLibrary,
  type Manner,
  personSchema,
  type Question,
  type ToldCall,
  toolNames,
  tools,
} from './chat-client.ts'
import { readOpenAiError } from './openai-chat.ts'

type Body = ResponseCreateParamsNonStreaming & { readonly input: ResponseInput }

/** The `openai` package by its Responses API: `create`, its stream and its parser. */
export const openaiResponses: ChatLibrary = {
  name: 'openai, responses',
  retriesByDefault: 2,
  heedsShouldRetry: true,
  connect: ({ origin, apiKey }, tap) => {
    const openai = new OpenAI({ baseURL: `${origin}/v1`, apiKey, fetch: tap })

    /** One turn, in one piece or gathered from its events as the package does it. */
    async function tell(body: Body, manner: Manner): Promise<Response> {
      const { onText, signal, maxRetries } = manner
      const options = {
        ...(signal !== undefined && { signal }),
        ...(maxRetries !== undefined && { maxRetries }),
      }
      if (onText === undefined) {
        return openai.responses.create(body, options)
      }
      return openai.responses
        .stream({ ...body, stream: true }, options)
        .on('response.output_text.delta', ({ delta }) => onText(delta))
        .finalResponse()
    }

    return {
      ask: async (question, manner = {}) => {
        const { output_text: text, usage } = await tell(bodyOf(question), manner)
        const { input_tokens: promptTokens = 0, output_tokens: completionTokens = 0 } = usage ?? {}
        return { text, usage: { promptTokens, completionTokens } }
      },
      askWithTools: async (question, manner) => {
        const calls: ToldCall[] = []
        const body = { ...bodyOf(question), tools: toolNames.map(toolOf) }
        const input = [...body.input]
        for (;;) {
          const { output, output_text: text } = await tell({ ...body, input }, manner)
          const called = output.filter((item) => item.type === 'function_call')
          if (called.length === 0) return { text, calls }
          input.push(...(output as ResponseInput))
          for (const { name, arguments: written, call_id } of called) {
            const asked: unknown = JSON.parse(written)
            calls.push({ name, input: asked })
            const said = tools[name as (typeof toolNames)[number]].run(asked)
            input.push({ type: 'function_call_output', call_id, output: said })
          }
        }
      },
      askForPerson: async (question, manner) => {
        const format = { type: 'json_schema' as const, name: 'person', schema: personSchema }
        const body = { ...bodyOf(question), text: { format: { ...format, strict: true } } }
        if (manner.onText !== undefined) {
          return JSON.parse((await tell(body, manner)).output_text)
        }
        return JSON.parse((await openai.responses.parse(body)).output_text)
      },
    }
  },
  readError: readOpenAiError,
  kindOf: ({ openaiClass }) => openaiClass,
}

const toolOf = (name: (typeof toolNames)[number]) => ({
  type: 'function' as const,
  name,
  description: tools[name].description,
  parameters: tools[name].parameters,
  strict: true,
})

function bodyOf({ model, text, image, extra, maxTokens }: Question) {
  const input: ResponseInput = [
    {
      role: 'user',
      content: [
        { type: 'input_text', text },
        ...(image === undefined
          ? []
          : [{ type: 'input_image' as const, image_url: image, detail: 'auto' as const }]),
      ],
    },
  ]
  return { model, input, max_output_tokens: maxTokens, ...(extra && { metadata: extra }) }
}
