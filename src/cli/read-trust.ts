import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ShapeFault } from '../client/object-reader.ts'
import { noTrustAnchors, parseTrustFile, type TrustAnchors } from '../client/trust-anchors.ts'
import type { Address } from '../domain/units.ts'
import { CommandFailure } from './command.ts'

const trustFileName = 'trust.json'
/** Where the data folders of `vouch dev` are. */
const dataFolders = '.vouch'

/** The trust file that a person named. Throws CommandFailure for what cannot be read or used. */
export async function readTrustFile(path: string): Promise<TrustAnchors> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new CommandFailure(`cannot read the trust file ${path} (${codeOf(error)})`)
  }
  const parsed = parseTrustFile(text)
  if (parsed.ok) return parsed.value
  throw new CommandFailure(
    `the trust file ${path} cannot be used: ${parsed.error.map(describeShapeFault).join('; ')}`,
  )
}

/**
 * What the gateways that ran in this folder left behind about themselves: of their trust files the
 * one that knows `gateway`. Several may be there, each with keys of its own, and the one of another
 * gateway would call a good receipt a forgery.
 */
export async function readLocalTrust(folder: string, gateway: Address): Promise<TrustAnchors> {
  for (const name of await folderNames(join(folder, dataFolders))) {
    const path = join(folder, dataFolders, name, trustFileName)
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const anchors = await readTrustFile(path)
    if (anchors.gatewayKeys.some(({ operator }) => operator === gateway)) return anchors
  }
  return noTrustAnchors
}

/** In a fixed order; none where the folder is not there or not readable. */
async function folderNames(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

export const describeShapeFault = (fault: ShapeFault): string =>
  `${fault.path || 'the document'}: expected ${fault.expected}, found ${fault.found}`

/** The system's name for what went wrong with a file, such as ENOENT. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
