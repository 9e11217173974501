/*
 * A treasury that rebalances by a model that it cannot run: the gateway answers with a zero-knowledge proof, which is verified
 * in the transaction that delivers the answer.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { treasuryAbi, treasuryBytecode } from '../chain/generated/treasury.ts'
import { type ManifestTerms, provableManifest } from '../model-deployment/provable-manifest.ts'
import { groth16Deployment, registerModel } from '../model-deployment/register-model.ts'
import { defaultProverPlace, findProvers } from '../prover/prover-place.ts'
import { CommandFailure } from './command.ts'
import { devProvableModels } from './dev-provable-models.ts'
import {
  deployFeed,
  percentOf,
  pricePeriodS,
  showPrices,
  volatilityBits,
} from './example-prices.ts'
import type { ExampleSteps } from './example-steps.ts'

const model = 'volatility'
const dollar = 1_000_000n

/** Throws CommandFailure, saying what to run, where nobody here could prove what the treasury asks. */
export async function requireProvers(): Promise<void> {
  const build = `'npm run zk:dev ${model}' builds its circuit`
  if (!findProvers(defaultProverPlace, ['snarkjs']).ok) {
    throw new CommandFailure(
      `the provers are not installed: 'npm run zk:install' does it, and then ${build}`,
    )
  }
  const { served } = await provableModel()
  if (served.tensors?.proof === undefined) {
    throw new CommandFailure(`the model ${model} cannot be proven yet: ${build}`)
  }
}

export async function rebalanceTreasury(steps: ExampleSteps): Promise<void> {
  const { coordinator, operator, models, proven } = steps.place.running
  if (!proven.includes(model)) {
    throw new CommandFailure(`the vouch dev that runs here cannot prove ${model}: start it anew`)
  }
  await register(steps)
  const feed = await deployFeed(steps)
  const treasury = await steps.deploy({
    name: 'Treasury',
    abi: treasuryAbi,
    bytecode: treasuryBytecode,
    args: [
      ...[coordinator, operator, models[model], feed.address, pricePeriodS],
      ...[volatilityBits.input, volatilityBits.output],
    ],
  })
  await showPrices(steps, feed, treasury)
  await steps.pay(treasury.address, dollar)
  const asked = await steps.send(
    { contract: treasury, functionName: 'rebalance', args: [] },
    'asked for the volatility that follows, proven',
  )
  const jobId = await steps.jobOf(asked)
  const delivered = await steps.follow(jobId)
  const [volatility = 0n] = steps.valuesOf(delivered)
  const shareBps = (await steps.read(treasury, 'shareBps')) as bigint
  const rebalancedAt = Number(await steps.read(treasury, 'rebalancedAt'))
  if (rebalancedAt === 0) throw new CommandFailure('the treasury did not take the answer')
  steps.conclude([
    ['job', jobId],
    ['volatility', `${volatility}, which is ${percentOf(volatility)}, proven`],
    ['shareBps', `${shareBps}: ${Number(shareBps) / 100} % in the risky asset`],
    ['rebalancedAt', new Date(rebalancedAt * 1_000).toISOString()],
    ['its receipt', delivered.receiptDigest],
  ])
}

async function provableModel() {
  const found = (await devProvableModels()).find(({ served }) => served.id === model)
  if (found === undefined) throw new CommandFailure(`this package has no model ${model}`)
  return found
}

/** Anybody may register a model's verifier: its modelId says which it must be. */
async function register(steps: ExampleSteps): Promise<void> {
  const { rpc, guest, running } = steps.place
  const { folder } = await provableModel()
  const terms: ManifestTerms = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
  const verifier = await registerModel(
    { rpc, sender: guest, modelProofs: running.modelProofs },
    {
      deployment: groth16Deployment(readFileSync(join(folder, 'vk'))),
      manifest: provableManifest(terms),
      provable: terms.provable,
      name: model,
      version: '1',
    },
  )
  if (!verifier.ok) throw new CommandFailure(verifier.error)
  steps.tell(`ModelProofs knows the model's verifier at ${verifier.value}`)
}
