/*
 * What an audit keeps between runs, in a file of the auditor's own. It is written whole beside the old one and then put in its place.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { type AuditState, freshAudit } from '../auditor/audit-state.ts'
import { betCount } from '../auditor/sequential-test.ts'
import { CommandFailure } from './command.ts'
import { codeOf } from './read-trust.ts'

/** A fresh one where there is no file. Throws CommandFailure for a file that is of something else. */
export async function readAuditFile(
  path: string,
  log: Pick<AuditState, 'gateway' | 'sender' | 'ratePpm'>,
): Promise<AuditState> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return freshAudit(log)
    throw new CommandFailure(`cannot read ${path} (${codeOf(error)})`)
  }
  const state = parsed(content)
  if (state === undefined) throw new CommandFailure(`${path} holds no audit`)
  if (state.gateway === log.gateway) return state
  throw new CommandFailure(
    `${path} is of the gateway ${state.gateway}, not ${log.gateway}: use --state`,
  )
}

export async function writeAuditFile(path: string, state: AuditState): Promise<void> {
  const beside = `${path}.new`
  await writeFile(beside, `${JSON.stringify(state, null, 1)}\n`, { mode: 0o600 })
  await rename(beside, path)
}

/** The auditor's own file, so that only what another version would have written otherwise is looked for. */
function parsed(content: string): AuditState | undefined {
  try {
    const state = JSON.parse(content) as AuditState
    const areBets = state.windows.every(
      ({ test }) => test.against.length === betCount && test.inFavour.length === betCount,
    )
    const isOfThisVersion = areBets && Array.isArray(state.contradicted)
    return state.object === 'vouch.audit' && isOfThisVersion ? state : undefined
  } catch {
    return undefined
  }
}
