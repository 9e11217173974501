/*
 * A whole gateway before an upstream that does as it is told: where most suites begin that are about what happens between a
 * client and an upstream. A suite opens it while it is loaded, and closes it after its last test.
 */
import { expectBalancedBooks, followBooks, type NewEntries } from './books.ts'
import { startGatewayOnLedger, type TestGateway } from './gateway-on-ledger.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

export type UpstreamPlace = {
  /** Answers well until it is told otherwise. */
  readonly upstream: ScriptedUpstream
  readonly gateway: TestGateway
  /** What came into the books since it was asked last; they balance. */
  readonly newEntries: () => Promise<NewEntries>
  /** The books balance at the end, too. */
  readonly close: () => Promise<void>
}

type GatewayTerms = Parameters<typeof startGatewayOnLedger>[0]

/** `termsOf` says what the gateway has of the upstream at `baseUrl`: the model `m` where nothing is said. */
export async function openUpstreamPlace(
  termsOf: (baseUrl: string) => GatewayTerms = (baseUrl) => ({
    upstreams: [{ id: 'one', baseUrl }],
  }),
): Promise<UpstreamPlace> {
  const upstream = await startScriptedUpstream()
  const gateway = await startGatewayOnLedger(termsOf(upstream.baseUrl))
  return {
    upstream,
    gateway,
    newEntries: followBooks(gateway),
    close: async () => {
      await expectBalancedBooks(gateway)
      await gateway.stop()
      await upstream.close()
    },
  }
}
