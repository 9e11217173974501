import { existsSync, readFileSync } from 'node:fs'
import { fromEnvironment } from '../config.ts'
import { readUrl } from './channel-options.ts'
import { CommandFailure } from './command.ts'
import { adminTokenFile, originFile } from './dev-admin-token.ts'

const devFolder = '.vouch/dev'
const usualOrigin = 'http://127.0.0.1:8787'

/** Where a gateway is and the token to it, as a person says, or as a `vouch dev` in this folder left them. */
export function adminAccess(said: {
  readonly gateway: string | undefined
  readonly tokenFile: string | undefined
  readonly tokenEnv: string | undefined
}): { readonly origin: string; readonly token: string } {
  const origin = readUrl('--gateway', said.gateway) ?? devOrigin() ?? usualOrigin
  return { origin: origin.replace(/\/+(v1\/*)?$/, ''), token: tokenOf(said) }
}

const devOrigin = (): string | undefined => {
  const path = originFile(devFolder)
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

function tokenOf(said: {
  readonly tokenFile: string | undefined
  readonly tokenEnv: string | undefined
}): string {
  if (said.tokenEnv !== undefined) {
    const token = fromEnvironment(said.tokenEnv)
    if (token !== undefined && token !== '') return token
    throw new CommandFailure(`the environment has no ${said.tokenEnv}`)
  }
  const path = said.tokenFile ?? adminTokenFile(devFolder)
  if (said.tokenFile === undefined && !existsSync(path)) {
    throw new CommandFailure(
      `no admin token: give --token-file, or run this where 'vouch dev' has its ${devFolder}`,
    )
  }
  return readSecretText(path)
}

/** The one line of a file; the error names the file and quotes nothing of it. */
function readSecretText(path: string): string {
  try {
    const text = readFileSync(path === '-' ? 0 : path, 'utf8').trim()
    if (text !== '') return text
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new CommandFailure(`${path} cannot be read (${code})`)
  }
  throw new CommandFailure(`${path === '-' ? 'standard input' : path} is empty`)
}

/** An API key from where it is said to be; undefined where it is said nowhere. Never from an argument. */
export function readKeyOption(said: {
  readonly 'key-file'?: string | undefined
  readonly 'key-env'?: string | undefined
}): string | undefined {
  const { 'key-file': file, 'key-env': variable } = said
  if (file !== undefined && variable !== undefined) {
    throw new CommandFailure('--key-file and --key-env exclude each other', 2)
  }
  if (file !== undefined) return readSecretText(file)
  if (variable === undefined) return undefined
  const key = fromEnvironment(variable)
  if (key !== undefined && key !== '') return key
  throw new CommandFailure(`the environment has no ${variable}`)
}
