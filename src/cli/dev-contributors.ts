/* The contributors of `vouch dev`: the one that the gateway pays, and as many more as somebody asks for. */
import { join } from 'node:path'
import type { DevChain } from '../dev/bootstrap-chain.ts'
import type { EmbeddedChain } from '../dev/embedded-chain.ts'
import {
  type ContributorTerms,
  type EmbeddedContributor,
  startEmbeddedContributor,
} from '../dev/embedded-contributor.ts'
import { type FurtherContributor, startFurtherContributor } from '../dev/further-contributors.ts'
import { CommandFailure, terminal } from './command.ts'
import { devAgreement } from './dev-config.ts'

const contributorsMax = 5

export function parseContributors(text: string): number {
  const count = /^\d$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= contributorsMax) return count
  throw new CommandFailure(`--contributors needs a whole number from 1 to ${contributorsMax}`, 2)
}

type EnginePlace = {
  readonly folder: string
  readonly chain: EmbeddedChain
  readonly devChain: DevChain
  readonly secret: string
  readonly provableFolders: readonly string[]
}

export async function startContributor(place: EnginePlace): Promise<EmbeddedContributor> {
  const { devChain } = place
  const contributor = await startEmbeddedContributor({
    ...engineTerms(place),
    signingKey: devChain.keys.contributorSigner,
    contributor: devChain.addresses.contributorOperator,
    payment: { agreement: devAgreement(devChain), rpcUrl: devChain.rpcUrl },
  })
  if (contributor.ok) return contributor.value
  throw new CommandFailure(contributor.error)
}

/** `onStart` is told of each as soon as it runs. */
export async function startFurther(
  terms: EnginePlace & {
    readonly count: number
    readonly onStart: (contributor: FurtherContributor) => void
  },
): Promise<readonly FurtherContributor[]> {
  const { chain, devChain } = terms
  const further: FurtherContributor[] = []
  for (let number = 2; number < 2 + terms.count; number += 1) {
    const engine = engineTerms(terms)
    const started = await startFurtherContributor({
      ...{ number, chain, devChain, engine, nowMs: Date.now() },
    })
    if (!started.ok) throw new CommandFailure(started.error)
    further.push(started.value)
    terms.onStart(started.value)
  }
  return further
}

const engineTerms = ({
  folder,
  devChain,
  secret,
  provableFolders,
}: EnginePlace): Omit<ContributorTerms, 'signingKey' | 'contributor' | 'payment'> => ({
  ...{ secret, provableFolders },
  dataFolder: folder,
  program: join(import.meta.dirname, '../main.ts'),
  chainId: devChain.chainId,
  receiptVerifier: devChain.contracts.receiptVerifier,
  coordinator: { ...devChain, coordinator: devChain.contracts.coordinator },
  onRestart: (line) => terminal.printError(line),
})
