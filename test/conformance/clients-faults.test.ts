/*
 * Every client library against every fault: it raises its own documented error with our words, it never hangs, it asks
 * again no more often than it says, and it tells its user nothing of what the upstream spilt.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectBalancedBooks } from '../support/books.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import {
  type ScriptedUpstream,
  startScriptedUpstream,
  type UpstreamRequest,
} from '../support/scripted-upstream.ts'
import { agentsChat, agentsResponses } from './clients/agents-chat.ts'
import { aiSdkCompatible, aiSdkOpenai, aiSdkResponses } from './clients/ai-sdk-chat.ts'
import { type ExpectedError, tapBodies } from './clients/chat-client.ts'
import { asksOf, type ClientFault, clientFaults, retriesFor, spilt } from './clients/faults-told.ts'
import { langchainChat, langchainResponses } from './clients/langchain-chat.ts'
import { openaiChat } from './clients/openai-chat.ts'
import { openaiResponses } from './clients/openai-responses.ts'

const libraries = [
  ...[openaiChat, aiSdkOpenai, aiSdkCompatible, langchainChat, agentsChat],
  ...[openaiResponses, aiSdkResponses, langchainResponses, agentsResponses],
]

const faultOf = ({ json }: UpstreamRequest): ClientFault | undefined =>
  clientFaults.find(({ name }) => name === json['model'])

// All at once: what takes time here is the libraries' own wait before they ask again.
describe.concurrent.each(libraries)('$name', (library) => {
  let upstream: ScriptedUpstream
  let gateway: TestGateway

  beforeAll(async () => {
    upstream = await startScriptedUpstream((request, response) =>
      faultOf(request)?.script(request, response),
    )
    // One contributor for each fault: what one does is not held against another.
    gateway = await startGatewayOnLedger({
      upstreams: clientFaults.map(({ name }, index) => ({
        id: `fault-${index}`,
        baseUrl: upstream.baseUrl,
        offer: { modelName: name, upstreamModelName: name },
      })),
    })
  })

  afterAll(async () => {
    const { channel } = await expectBalancedBooks(gateway)
    expect(channel.chargedCumulativeAmount).toBe(0n)
    expect(gateway.internalErrors).toEqual([])
    await gateway.stop()
    await upstream.close()
  })

  /** What the user of the library reads, and how often who was asked. */
  async function meet(fault: ClientFault, streamed: boolean) {
    const { tap, bodies } = tapBodies()
    let text = ''
    const onText = (piece: string) => {
      text += piece
    }
    const retries = retriesFor(fault, library)
    const manner = { ...retries.configured, ...(streamed && { onText }) }
    const raised = await library
      .connect(gateway, tap)
      .ask({ model: fault.name, text: 'Say hello.', maxTokens: 50 }, manner)
      .then(
        () => undefined,
        (error: unknown) => error,
      )
    const upstreamAsks = upstream.requests.filter(
      (request) => faultOf(request) === fault && (request.json['stream'] === true) === streamed,
    )
    return {
      fault: fault.name,
      streamed,
      text,
      ...library.readError(raised),
      asks: bodies.length,
      upstreamAsks: fault.mayPass ? 'once more' : upstreamAsks.length,
      mostAsks: fault.mayPass ? upstreamAsks.length <= 2 * bodies.length : true,
    }
  }

  test('raises its own errors with our words, and asks again as often as it says', async ({
    expect,
  }) => {
    const asked = clientFaults.flatMap((fault) =>
      fault.asked.map((how) => ({ fault, streamed: how === 'streamed' })),
    )
    const told = await Promise.all(asked.map(({ fault, streamed }) => meet(fault, streamed)))
    expect(told).toEqual(
      asked.map(({ fault, streamed }) => {
        const asks = asksOf(fault, library)
        return {
          fault: fault.name,
          streamed,
          text: fault.status === undefined ? 'half ' : '',
          kind: library.kindOf(fault),
          status: fault.status,
          code: fault.code,
          message: expect.stringMatching(fault.message),
          asks,
          upstreamAsks: fault.mayPass ? 'once more' : asks,
          mostAsks: true,
        }
      }),
    )
    expect(JSON.stringify(told)).not.toContain(spilt)
    expect(gateway.logText()).not.toContain(spilt)
  })

  test('raises its own errors for what its user did wrong, and does not ask again', async ({
    expect,
  }) => {
    const poor = await startGatewayOnLedger({
      upstreams: [{ id: 'one', baseUrl: upstream.baseUrl }],
      balance: 10n,
    })
    const stranger = { origin: gateway.origin, apiKey: 'sk-vouch-nobody-knows-this-one' }
    const mistakes: readonly {
      readonly at: typeof stranger
      readonly fields: { readonly model?: string; readonly maxTokens?: number }
      readonly expected: ExpectedError
    }[] = [
      {
        at: stranger,
        fields: {},
        expected: {
          openaiClass: 'AuthenticationError',
          status: 401,
          code: 'invalid_api_key',
          message: /API key/,
        },
      },
      {
        at: gateway,
        fields: { model: 'none/such' },
        expected: {
          openaiClass: 'NotFoundError',
          status: 404,
          code: 'model_not_found',
          message: /'none\/such' does not exist here/,
        },
      },
      {
        at: gateway,
        fields: { maxTokens: 5_000 },
        expected: {
          openaiClass: 'BadRequestError',
          status: 400,
          code: 'invalid_value',
          message: /max_(completion_|output_)?tokens/,
        },
      },
      {
        at: poor,
        fields: { model: 'm' },
        expected: {
          openaiClass: 'APIError',
          status: 402,
          code: 'insufficient_quota',
          message: /10 atomic units free/,
        },
      },
    ]
    const told = await Promise.all(
      mistakes.flatMap(({ at, fields }) =>
        [false, true].map(async (streamed) => {
          const { tap, bodies } = tapBodies()
          const raised = await library
            .connect(at, tap)
            .ask(
              { model: 'busy', text: 'Say hello.', maxTokens: 50, ...fields },
              { maxRetries: 1, ...(streamed && { onText: () => {} }) },
            )
            .catch((error: unknown) => error)
          return { ...library.readError(raised), asks: bodies.length }
        }),
      ),
    )
    expect(told).toEqual(
      mistakes.flatMap(({ expected }) => {
        const { status, code, message } = expected
        const one = {
          kind: library.kindOf(expected),
          status,
          code,
          message: expect.stringMatching(message),
          asks: 1,
        }
        return [one, one]
      }),
    )
    await poor.stop()
  })
})
