import { ContextOverflowError } from '@langchain/core/errors'
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
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

/** LangChain's chat model for OpenAI. */
const langchainOver = (api: 'chat' | 'responses'): ChatLibrary => ({
  name: `@langchain/openai, ${api}`,
  // Six times, with pauses of a minute in all.
  retriesByDefault: undefined,
  heedsShouldRetry: false,
  connect: ({ origin, apiKey }, tap) => {
    const modelFor = ({ model, maxTokens, extra }: Question, { maxRetries }: Manner) =>
      new ChatOpenAI({
        model,
        apiKey,
        maxTokens,
        useResponsesApi: api === 'responses',
        configuration: { baseURL: `${origin}/v1`, fetch: tap },
        ...(extra && { modelKwargs: extra }),
        ...(maxRetries !== undefined && { maxRetries }),
      })
    const signalOf = ({ signal }: Manner) => (signal === undefined ? {} : { signal })
    return {
      ask: async (question, manner = {}) => {
        const model = modelFor(question, manner)
        const answer = await tell(model, [messageOf(question)], manner)
        const { input_tokens: promptTokens = 0, output_tokens: completionTokens = 0 } =
          answer.usage_metadata ?? {}
        return { text: answer.text, usage: { promptTokens, completionTokens } }
      },
      askWithTools: async (question, manner) => {
        const calls: ToldCall[] = []
        const model = modelFor(question, manner).bindTools(
          toolNames.map((name) => ({
            type: 'function',
            function: {
              name,
              description: tools[name].description,
              parameters: tools[name].parameters,
            },
          })),
        )
        const messages: BaseMessage[] = [messageOf(question)]
        for (;;) {
          const answer = await tell(model, messages, manner)
          if (answer.tool_calls?.length === 0) return { text: answer.text, calls }
          messages.push(answer)
          for (const { name, args, id = '' } of answer.tool_calls ?? []) {
            calls.push({ name, input: args })
            const content = tools[name as (typeof toolNames)[number]].run(args)
            messages.push(new ToolMessage({ content, tool_call_id: id }))
          }
        }
      },
      askForPerson: async (question, manner) => {
        const schema = { title: 'person', ...personSchema }
        const model = modelFor(question, manner).withStructuredOutput(schema, {
          method: 'jsonSchema',
          strict: true,
        })
        const messages = [messageOf(question)]
        if (manner.onText === undefined) return model.invoke(messages, signalOf(manner))
        let person: unknown
        for await (const partial of await model.stream(messages, signalOf(manner))) person = partial
        return person
      },
    }
  },
  readError: (error) =>
    ContextOverflowError.isInstance(error)
      ? { ...readOpenAiError(error.cause), kind: error.name }
      : readOpenAiError(error),
  kindOf: ({ openaiClass, code }) =>
    code === 'context_length_exceeded' ? 'ContextOverflowError' : openaiClass,
})

export const langchainChat: ChatLibrary = langchainOver('chat')
export const langchainResponses: ChatLibrary = langchainOver('responses')

/** One turn, in one piece or gathered from its pieces as LangChain's own `concat` does it. */
async function tell(
  model: Pick<ChatOpenAI, 'invoke' | 'stream'>,
  messages: BaseMessage[],
  { signal, onText }: Manner,
): Promise<AIMessage> {
  const options = signal === undefined ? {} : { signal }
  if (onText === undefined) return model.invoke(messages, options)
  let whole: Awaited<ReturnType<ChatOpenAI['invoke']>> | undefined
  for await (const piece of await model.stream(messages, options)) {
    if (piece.text !== '') onText(piece.text)
    whole = whole === undefined ? piece : whole.concat(piece)
  }
  return whole ?? new AIMessage('')
}

const messageOf = ({ text, image }: Question): HumanMessage =>
  new HumanMessage({
    content:
      image === undefined
        ? text
        : [
            { type: 'text', text },
            { type: 'image_url', image_url: { url: image } },
          ],
  })
