import { join } from 'node:path'
import { bootstrapChain, type DevChain } from '../../src/dev/bootstrap-chain.ts'
import { type DevKeys, loadDevKeys } from '../../src/dev/dev-keys.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { atomic, bytes32 } from '../../src/domain/units.ts'
import { startChain, temporaryFolder } from './embedded-chain.ts'

export const devModel = {
  modelId: bytes32(`0x${'0d'.repeat(32)}`),
  contextTokensMax: 2048,
  promptAtomicPerMtok: atomic(100_000n),
  cachedPromptAtomicPerMtok: atomic(50_000n),
  completionAtomicPerMtok: atomic(400_000n),
} as const

export function devKeys(folder: string): DevKeys {
  const keys = loadDevKeys(join(folder, 'keys.json'))
  if (!keys.ok) throw new Error(keys.error.detail)
  return keys.value
}

/** The set-up of `vouch dev` on a running chain; an expected failure is a failed test. */
export async function bootstrap(chain: EmbeddedChain, keys: DevKeys): Promise<DevChain> {
  const devChain = await bootstrapChain({
    chain,
    keys,
    model: devModel,
    endpoints: { gateway: 'embedded', contributor: 'embedded' },
    nowMs: Date.now(),
    progress: () => undefined,
  })
  if (!devChain.ok) throw new Error(devChain.error)
  return devChain.value
}

export type TestDevChain = {
  readonly chain: EmbeddedChain
  readonly dev: DevChain
  readonly folder: string
  readonly stop: () => Promise<void>
}

/** A real chain with everything on it, in a folder that goes with `stop`. */
export async function startDevChain(): Promise<TestDevChain> {
  const folder = temporaryFolder()
  const chain = await startChain(join(folder.path, 'chain'))
  const stop = async (): Promise<void> => {
    await chain.stop()
    folder.remove()
  }
  try {
    return { chain, dev: await bootstrap(chain, devKeys(folder.path)), folder: folder.path, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The value of a result that must be one. */
export function expectOk<T>(
  result:
    | { readonly ok: true; readonly value: T }
    | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
