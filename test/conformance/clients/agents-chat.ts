import { Agent, Runner, setTracingDisabled, tool } from '@openai/agents-core'
import { OpenAIProvider } from '@openai/agents-openai'
import OpenAI from 'openai'
import { z } from 'zod'
import {
  type ChatLibrary,
  type Manner,
  type Question,
  type ToldCall,
  toolNames,
  tools,
} from './chat-client.ts'
import { readOpenAiError } from './openai-chat.ts'

// Traces would go to OpenAI.
setTracingDisabled(true)

/** OpenAI's agents SDK, which asks the Responses API unless it is told not to. */
const agentsOver = (api: 'chat' | 'responses'): ChatLibrary => ({
  name: `@openai/agents, ${api}`,
  retriesByDefault: 2,
  heedsShouldRetry: true,
  connect: ({ origin, apiKey }, tap) => {
    const useResponses = api === 'responses'
    const run = async (question: Question, manner: Manner, more: AgentExtras = {}) => {
      const { maxRetries, signal, onText } = manner
      const openai = new OpenAI({
        baseURL: `${origin}/v1`,
        apiKey,
        fetch: tap,
        ...(maxRetries !== undefined && { maxRetries }),
      })
      const modelProvider = new OpenAIProvider({ openAIClient: openai, useResponses })
      const runner = new Runner({ modelProvider, tracingDisabled: true })
      const agent = agentFor(question, more)
      const options = signal === undefined ? {} : { signal }
      if (onText === undefined) return runner.run(agent, inputOf(question), options)
      const streamed = await runner.run(agent, inputOf(question), { ...options, stream: true })
      for await (const piece of streamed.toTextStream()) onText(piece)
      await streamed.completed
      if (streamed.error != null) throw streamed.error
      return streamed
    }
    return {
      ask: async (question, manner = {}) => {
        const { finalOutput, runContext } = await run(question, manner)
        const { inputTokens, outputTokens } = runContext.usage
        return {
          text: String(finalOutput),
          usage: { promptTokens: inputTokens, completionTokens: outputTokens },
        }
      },
      askWithTools: async (question, manner) => {
        const calls: ToldCall[] = []
        const { finalOutput } = await run(question, manner, { tools: toolSet(calls) })
        return { text: String(finalOutput), calls }
      },
      askForPerson: async (question, manner) =>
        (await run(question, manner, { person: true })).finalOutput,
    }
  },
  readError: readOpenAiError,
  kindOf: ({ openaiClass }) => openaiClass,
})

export const agentsChat: ChatLibrary = agentsOver('chat')
export const agentsResponses: ChatLibrary = agentsOver('responses')

type AgentExtras = { readonly tools?: ReturnType<typeof toolSet>; readonly person?: true }

const agentFor = ({ model, maxTokens, extra }: Question, more: AgentExtras) =>
  new Agent({
    name: 'Asker',
    model,
    modelSettings: { maxTokens, ...(extra && { providerData: extra }) },
    ...(more.tools && { tools: more.tools }),
    ...(more.person && { outputType: z.object({ name: z.string(), age: z.int() }) }),
  })

const toolSet = (calls: ToldCall[]) =>
  toolNames.map((name) =>
    tool({
      name,
      description: tools[name].description,
      parameters: tools[name].parameters,
      strict: true,
      execute: (input: unknown) => {
        calls.push({ name, input })
        return tools[name].run(input)
      },
    }),
  )

const inputOf = ({ text, image }: Question) => [
  {
    role: 'user' as const,
    content: [
      { type: 'input_text' as const, text },
      ...(image === undefined ? [] : [{ type: 'input_image' as const, image }]),
    ],
  },
]
