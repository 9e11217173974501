import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  describeEmbeddedChainFailure,
  type EmbeddedChain,
  startEmbeddedChain,
} from '../../src/dev/embedded-chain.ts'

/** An empty folder that goes with its test. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'vouch-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A real anvil on a free port; an expected failure to start is a failed test. */
export async function startChain(folder: string): Promise<EmbeddedChain> {
  const chain = await startEmbeddedChain(folder)
  if (!chain.ok) throw new Error(describeEmbeddedChainFailure(chain.error))
  return chain.value
}
