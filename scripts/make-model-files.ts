/*
 * Makes graph.json, manifest.json and vk of the provable models in models/ from what scripts/train-models.ts wrote, as
 * `vouch models deploy` does on a chain that ends with this script:
 *
 *   node scripts/make-model-files.ts              all of them; needs the provers (npm run zk:install)
 *   node scripts/make-model-files.ts --check      says whether the files are those that the script makes
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { deployOnce } from '../src/chain/deployment.ts'
import { modelProofsAbi, modelProofsBytecode } from '../src/chain/generated/model-proofs.ts'
import { openSender } from '../src/chain/transactions.ts'
import { loadDevKeys } from '../src/dev/dev-keys.ts'
import { embeddedChainId, startEmbeddedChain } from '../src/dev/embedded-chain.ts'
import { deployModel } from '../src/model-deployment/deploy-model.ts'
import { prepareModel } from '../src/model-deployment/prepare-model.ts'
import { readSample } from '../src/model-deployment/read-sample.ts'
import type { ModelChain } from '../src/model-deployment/register-model.ts'
import { loadStoredModel } from '../src/model-store/add-model.ts'
import { openModelStore } from '../src/model-store/model-store.ts'

const names = ['moderation', 'volatility', 'wallet-risk'] as const
const written = ['graph.json', 'vk'] as const
const isCheck = process.argv.includes('--check')
const folder = mkdtempSync(join(tmpdir(), 'vouch-model-files-'))
const store = openModelStore(join(folder, 'models'))

const chain = orThrow(await startEmbeddedChain(folder))
try {
  const { rpc } = chain
  const privateKey = orThrow(loadDevKeys(join(folder, 'keys.json'))).deployer
  const sender = openSender({ rpc, chainId: embeddedChainId, privateKey })
  await rpc.call('anvil_setBalance', [sender.address, '0xde0b6b3a7640000'])
  const terms = { name: 'ModelProofs', abi: modelProofsAbi, bytecode: modelProofsBytecode } as const
  const modelProofs = orThrow(await deployOnce(rpc, sender, { ...terms, args: [] }))
  for (const name of names) await make(name, { rpc, sender, modelProofs })
} finally {
  await chain.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function make(name: string, place: ModelChain): Promise<void> {
  const files = resolve(import.meta.dirname, '../models', name)
  const sample = orThrow(readSample(readFileSync(join(files, 'sample.json'), 'utf8')))
  const onnx = readFileSync(join(files, 'model.onnx'))
  const prepared = orThrow(await prepareModel({ name, onnx, sample }))
  const { modelId, built } = orThrow(
    await deployModel(prepared, {
      ...{ language: 'circom', store, version: undefined, chain: place },
      prover: {},
      onStep: () => undefined,
    }),
  )
  const { model, contents } = orThrow(await loadStoredModel(store, modelId))
  const manifest = `${JSON.stringify(model.content.content, undefined, 2)}\n`
  keep(join(files, 'manifest.json'), Buffer.from(manifest))
  for (const file of written) keep(join(files, file), contents.get(file) ?? Buffer.alloc(0))
  const { constraints, setup } = built.artefacts.artefact
  const errors = prepared.report.outputs.map(
    ({ mean, max }) => `mean ${short(mean)}, max ${short(max)}`,
  )
  process.stdout.write(`${name}: ${modelId}, ${constraints} rows, ${setup}, errors ${errors}\n`)
}

function short(error: number): string {
  return error.toPrecision(3)
}

function keep(path: string, content: Buffer): void {
  if (!isCheck) writeFileSync(path, content)
  else if (!content.equals(readFileSync(path))) {
    process.stderr.write(`${path} is not what the script makes\n`)
    process.exitCode = 1
  }
}

function orThrow<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (result.ok) return result.value
  throw new Error(JSON.stringify(result.error))
}
