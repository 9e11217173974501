import { readdirSync } from 'node:fs'
import { CommandFailure, type Terminal } from './command.ts'
import { openRecord } from './contracts-open-record.ts'
import { codeOf } from './read-trust.ts'

/** Prints the addresses in the files, of one chain or of all. Asks no chain. */
export async function listContracts(
  options: { readonly chainId: number | undefined; readonly outFolder: string },
  terminal: Terminal,
): Promise<number> {
  const { chainId, outFolder } = options
  const chainIds = chainId === undefined ? recordedChainIds(outFolder) : [chainId]
  for (const id of chainIds) {
    const { record, plan } = await openRecord(outFolder, id)
    const { asset } = plan.terms
    if (asset !== 'DevUSD') terminal.print(`${id}  ${'asset'.padEnd(24)}${asset}`)
    for (const { name, address } of plan.contracts) {
      if (record.contracts[name] === undefined) continue
      terminal.print(`${id}  ${name.padEnd(24)}${address}`)
    }
  }
  return 0
}

function recordedChainIds(outFolder: string): readonly number[] {
  let names: readonly string[]
  try {
    names = readdirSync(outFolder)
  } catch (error) {
    throw new CommandFailure(
      `cannot read ${outFolder} (${codeOf(error)}): --out names the folder that deploy wrote to`,
    )
  }
  const chainIds = names.flatMap((name) => /^([1-9]\d{0,15})\.json$/.exec(name)?.[1] ?? [])
  if (chainIds.length > 0) return chainIds.map(Number).sort((a, b) => a - b)
  throw new CommandFailure(
    `${outFolder} has no deployments file: 'vouch contracts deploy' writes one`,
  )
}
