/*
 * A whole gateway that contracts ask, started as `vouch serve` starts it, on a real chain, before contributors that are registered
 * there, sign what they answer, and say what a test tells them.
 */
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender } from '../../src/chain/transactions.ts'
import { devGatewayConfig } from '../../src/cli/dev-config.ts'
import { type RunningGateway, startGateway } from '../../src/cli/start-gateway.ts'
import type { GatewayConfig } from '../../src/config.ts'
import { devContractHandles } from '../../src/dev/dev-contracts.ts'
import { registerOperator } from '../../src/dev/register-operator.ts'
import { type Address, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'
import type { ToldJob } from '../../src/gateway/jobs-door.ts'
import { type AskingPlace, openAskingPlace } from './asking-place.ts'
import { devModel, expectOk, startDevChain, type TestDevChain } from './dev-chain.ts'
import { pollUntil } from './poll-until.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { type SigningUpstream, signingUpstream } from './signing-upstream.ts'

export const jobModelName = 'mini'

/** A contributor on the registry, and how it answers. */
export type AnsweringContributor = {
  readonly id: string
  readonly operator: Address
  readonly upstream: ScriptedUpstream
  readonly signing: SigningUpstream
}

export type JobsPlace = {
  readonly running: TestDevChain
  readonly asking: AskingPlace
  readonly contributors: readonly AnsweringContributor[]
  readonly gateway: () => RunningGateway
  readonly stopGateway: () => Promise<void>
  /** After a stop, with everything that it had. */
  readonly startGateway: () => Promise<void>
  /** The record of a job once it is in one of these states: rounds are made until it is. */
  readonly jobIn: (jobId: ToldJob['ask']['jobId'], states: readonly string[]) => Promise<ToldJob>
  readonly log: () => string
  readonly close: () => Promise<void>
}

export async function openJobsPlace(
  count: number,
  change: (config: GatewayConfig) => GatewayConfig = (config) => config,
): Promise<JobsPlace> {
  const running = await startDevChain()
  const { dev, chain, folder } = running
  const contributors: AnsweringContributor[] = []
  for (let index = 0; index < count; index += 1) {
    contributors.push(await registered(running, `contributor-${index}`))
  }
  const logPath = join(folder, 'gateway.log')
  const logFile = openSync(logPath, 'a')
  const config = change(configOf(running, join(folder, 'gateway'), contributors))
  const start = () => startGateway({ config, logFileDescriptor: logFile })
  const asking = await openAskingPlace(chain.rpc, dev)
  let gateway = await start()
  return {
    running,
    asking,
    contributors,
    gateway: () => gateway,
    stopGateway: () => gateway.stop(),
    startGateway: async () => {
      gateway = await start()
    },
    jobIn: async (jobId, states) => {
      const look = async () => {
        await gateway.jobs?.lookNow()
        return gateway.jobs?.door.find(jobId)
      }
      const job = await pollUntil(
        look,
        (found) => found?.ok === true && states.includes(found.value.state),
      )
      if (job?.ok !== true) throw new Error('the gateway has the job')
      return job.value
    },
    log: () => readFileSync(logPath, 'utf8'),
    close: async () => {
      await gateway.stop()
      for (const { upstream } of contributors) await upstream.close()
      await running.stop()
    },
  }
}

const gasMoney = `0x${(10n ** 21n).toString(16)}`
/** anvil's blocks run ahead of the clock when many come in one second, and receipts carry the clock's time. */
const keyLeadS = 600

async function registered({ chain, dev }: TestDevChain, id: string): Promise<AnsweringContributor> {
  const privateKey = randomPrivateKey()
  const { rpc } = chain
  const operator = openSender({ rpc, chainId: dev.chainId, privateKey })
  expectOk(await rpc.call('anvil_setBalance', [operator.address, gasMoney]))
  const { asset, contributorRegistry: registry } = devContractHandles(dev.contracts)
  const activeFrom = unixSeconds(unixSecondsOf(Date.now()) - keyLeadS)
  const signingKey = addressOfPrivateKey(privateKey)
  const registration = { rpc, asset, registry, operator, signingKey, activeFrom, endpoint: id }
  expectOk(await registerOperator(registration))
  const domain = receiptDomain({
    chainId: dev.chainId,
    verifyingContract: dev.contracts.receiptVerifier,
  })
  const signing = signingUpstream({
    ...{ privateKey, operator: operator.address, domain, modelId: devModel.modelId },
  })
  const upstream = await startScriptedUpstream(signing.answer(['yes']))
  return { id, operator: operator.address, upstream, signing }
}

function configOf(
  { dev }: TestDevChain,
  folder: string,
  contributors: readonly AnsweringContributor[],
): GatewayConfig {
  const model = { name: jobModelName, ...devModel, tokenizer: '' }
  const terms = { folder, port: 0, devChain: dev, baseUrl: '', secret: '', model }
  const { joining: _joining, transparency: _log, ...config } = devGatewayConfig(terms)
  const [embedded] = config.upstreams
  if (embedded === undefined) throw new Error('the development mode has a contributor')
  const models = embedded.models.map((one) => ({ ...one, tokenizer: undefined }))
  return {
    ...config,
    payouts: undefined,
    upstreams: contributors.map(({ id, upstream, signing: { identity } }) => ({
      ...{ id, baseUrl: upstream.baseUrl, apiKey: 'none', identity, models },
    })),
  }
}
