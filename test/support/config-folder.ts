/*
 * A good vouch.yaml and a folder to read it in, for tests of what it may say besides.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfigText } from '../../src/config.ts'
import { ConfigFault } from '../../src/config-source.ts'

export const account = (digit: string): string => `0x${digit.repeat(40)}`

/** What no vouch.yaml may leave out, beside its upstreams. */
export const goodHead = `chain:
  rpcUrl: http://127.0.0.1:8545/secret-path
  chainId: 31337
  receiptVerifier: '${account('1')}'
  gatewayRegistry: '${account('2')}'
  contributorRegistry: '${account('3')}'
  asset: '${account('4')}'
gateway:
  operator: '${account('A')}'
  signingKeyFile: signing.key
  receiver: '${account('6')}'
  claimKeyFile: signing.key
`
export const goodYaml = `listen:
  host: 127.0.0.1
  port: 8787
dataFolder: data
${goodHead}upstreams:
  - id: plain
    url: http://127.0.0.1:8000/v1/
    models:
      - id: org/model
        contextTokensMax: 8192
        price:
          promptPerMtok: '0.05'
          completionPerMtok: 0.1
`
/** What `signing.key` of every such folder holds. */
export const signingKey = `0x${'1'.repeat(64)}`

export type ConfigFolder = {
  readonly path: string
  readonly write: (name: string, text: string) => void
  /** What `text` comes to as its vouch.yaml. Throws ConfigFault. */
  readonly read: (
    text: string,
    environment?: Readonly<Record<string, string>>,
  ) => ReturnType<typeof readConfigText>
  readonly remove: () => void
}

export function makeConfigFolder(): ConfigFolder {
  const path = mkdtempSync(join(tmpdir(), 'vouch-config-'))
  const write = (name: string, text: string) =>
    writeFileSync(join(path, name), text, { mode: 0o600 })
  write('signing.key', `${signingKey}\n`)
  return {
    path,
    write,
    read: (text, environment) =>
      readConfigText({
        file: 'vouch.yaml',
        text,
        folder: path,
        ...(environment && { environment }),
      }),
    remove: () => rmSync(path, { recursive: true }),
  }
}

/** What is wrong with what `read` reads; a test fails where it is nothing. */
export function faultIn(read: () => unknown): ConfigFault {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigFault) return error
    throw error
  }
  throw new Error('it was accepted')
}
