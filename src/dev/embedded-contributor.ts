/*
 * The contributor of the development mode: `vouch engine` in a process of its own, with its own signing key, as a stranger's
 * would be. It ends with this process however that ends, because its standard input does; a crash of its own is mended.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { engineRestartsMax, engineStartTimeoutMs } from '../base/limits.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { agreementJson, type CreditAgreement } from '../contributor/credit-agreement.ts'
import type { Address } from '../domain/units.ts'

export type EmbeddedContributor = {
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  /** Lets it finish what it is answering, then ends it. */
  readonly stop: () => Promise<void>
}

export type ContributorTerms = {
  readonly dataFolder: string
  /** `src/main.ts`, by which `vouch engine` is started. */
  readonly program: string
  readonly signingKey: PrivateKey
  /** What the gateway shows as its bearer token; at least 16 characters. */
  readonly secret: string
  readonly contributor: Address
  readonly chainId: number
  readonly receiptVerifier: Address
  /** What it works for, and the node by which it judges its vouchers; without it, for nothing. */
  readonly payment?: { readonly agreement: CreditAgreement; readonly rpcUrl: string }
  /** Told when the process died by itself and is started again. */
  readonly onRestart: (line: string) => void
}

/** Answers the line that a person should read when it does not start. */
export async function startEmbeddedContributor(
  terms: ContributorTerms,
): Promise<Result<EmbeddedContributor, string>> {
  const files = writeFiles(terms)
  let child = spawnEngine(terms, files, '0')
  const url = await readyUrl(child)
  if (url === undefined) {
    child.stdin?.end()
    return err('the embedded contributor did not start: run vouch engine to see why')
  }
  const { port } = new URL(url)
  let stopping = false
  let restarts = 0
  const watch = (watched: ChildProcess): void => {
    watched.once('exit', () => {
      if (stopping || restarts === engineRestartsMax) return
      restarts += 1
      terms.onRestart(`the contributor ended by itself and is started again (${restarts})`)
      child = spawnEngine(terms, files, port)
      watch(child)
    })
  }
  watch(child)
  return ok({
    baseUrl: `${url}/v1`,
    stop: async () => {
      stopping = true
      const exited = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode !== null || child.signalCode !== null) return
      child.stdin?.end()
      await exited
    },
  })
}

type EngineFiles = {
  readonly keyFile: string
  readonly secretFile: string
  readonly payment: Readonly<Record<string, string>>
}

/** Files with mode 600, because arguments and environment are open to the whole machine. */
function writeFiles(terms: ContributorTerms): EngineFiles {
  const keyFile = join(terms.dataFolder, 'contributor.key')
  const secretFile = join(terms.dataFolder, 'contributor.secret')
  writeFileSync(keyFile, terms.signingKey, { mode: 0o600 })
  writeFileSync(secretFile, terms.secret, { mode: 0o600 })
  const { payment } = terms
  if (payment === undefined) return { keyFile, secretFile, payment: {} }
  const agreementFile = join(terms.dataFolder, 'payout-agreement.json')
  writeFileSync(agreementFile, agreementJson(payment.agreement))
  const options = { 'payout-agreement': agreementFile, 'payout-rpc': payment.rpcUrl }
  return { keyFile, secretFile, payment: options }
}

function spawnEngine(terms: ContributorTerms, files: EngineFiles, port: string): ChildProcess {
  const options = {
    port,
    'key-file': files.keyFile,
    'secret-file': files.secretFile,
    'chain-id': String(terms.chainId),
    'receipt-verifier': terms.receiptVerifier,
    contributor: terms.contributor,
    ...files.payment,
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  return spawn(process.execPath, [terms.program, 'engine', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // A group of its own: Ctrl-C reaches the gateway alone, which drains before it ends the others.
    detached: true,
  })
}

function readyUrl(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), engineStartTimeoutMs)
    const done = (url: string | undefined): void => {
      clearTimeout(timer)
      resolve(url)
    }
    child.once('exit', () => done(undefined))
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, url } = parseLine(line)
      if (event === 'ready') done(url)
    })
  })
}

function parseLine(line: string): { readonly event?: string; readonly url?: string } {
  try {
    return JSON.parse(line) as { event?: string; url?: string }
  } catch {
    return {}
  }
}
