/*
 * A whole gateway before an upstream that does as it is told: where most suites begin that are about what happens between a
 * client and an upstream. A suite opens it while it is loaded, and closes it after its last test.
 */
import { expectBalancedBooks, followBooks, type NewEntries } from './books.ts'
import { startGatewayOnLedger, type TestGateway } from './gateway-on-ledger.ts'
import { answerWell, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

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

export type PairPlace = {
  /** The one that is asked first. */
  readonly cheap: ScriptedUpstream
  readonly dear: ScriptedUpstream
  readonly gateway: TestGateway
  readonly newEntries: () => Promise<NewEntries>
  /** Both answer well again, and nobody is blamed for what an earlier test made it do. */
  readonly forgive: () => void
  readonly close: () => Promise<void>
}

/** The same before two upstreams, contributors `cheap` and `dear`, of which either can answer what the other does not. */
export async function openPairPlace(): Promise<PairPlace> {
  const cheap = await startScriptedUpstream()
  const dear = await startScriptedUpstream()
  const gateway = await startGatewayOnLedger({
    upstreams: [
      { id: 'dear', baseUrl: dear.baseUrl, completionPrice: 3_000_000n },
      { id: 'cheap', baseUrl: cheap.baseUrl, completionPrice: 1_000_000n },
    ],
  })
  return {
    cheap,
    dear,
    gateway,
    newEntries: followBooks(gateway),
    forgive: () => {
      for (const upstream of [cheap, dear]) upstream.become(answerWell())
      for (const id of ['cheap', 'dear']) gateway.pool.readmit(id)
    },
    close: async () => {
      await expectBalancedBooks(gateway)
      await gateway.stop()
      await cheap.close()
      await dear.close()
    },
  }
}
