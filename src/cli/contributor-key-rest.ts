import { statSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { readHead } from '../chain/blocks.ts'
import { agentPollMs, chainBehindMaxS, keyRestS } from '../contributor/limits.ts'
import type { PayerSurroundings } from './channel-surroundings.ts'
import { orFail } from './contracts-or-fail.ts'
import type { ContributorPlace } from './contributor-place.ts'

/** When something was last earned here; undefined where nothing ever was. The agent writes it down within a second. */
export const lastWorkedAtMs = ({ paths }: ContributorPlace): number | undefined =>
  statSync(paths.credit, { throwIfNoEntry: false })?.mtimeMs

/**
 * A signature counts only if its receipt's time lies before that of the block that revokes the key. The gateway dates a receipt
 * when it has the whole answer, by its own clock, and blocks are dated by a third: so a key is revoked a while after it was
 * last used, by the chain's own time.
 */
export async function letKeyRest(
  { rpc }: ContributorPlace,
  usedAtMs: number | undefined,
  { terminal, nowMs }: PayerSurroundings,
): Promise<void> {
  if (usedAtMs === undefined) return
  const restedAtS = usedAtMs / 1000 + keyRestS
  let told = false
  // A chain without transactions may have no new block for long: then the next one is dated by a clock like ours.
  while (nowMs() / 1000 < restedAtS + chainBehindMaxS) {
    if (orFail(await readHead(rpc)).timestampS >= restedAtS) return
    if (!told) {
      terminal.printError(
        `waiting ${keyRestS} s since the key was last used, so that its last receipts stay good`,
      )
    }
    told = true
    await wait(agentPollMs)
  }
}
