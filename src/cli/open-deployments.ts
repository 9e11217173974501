/*
 * `vouch models deploy` as a child, for what the operator uploads: its own memory bound, its own time, its own folder, which goes
 * with it. Whatever a file makes the reader do, the gateway goes on.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { randomHex } from '../base/random-ids.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { GatewayConfig } from '../config.ts'
import type { DeploymentsConfig } from '../config-deployments.ts'
import {
  type ModelDeployments,
  type ModelUpload,
  openModelDeployments,
  type RunDeployment,
} from '../gateway/model-deployments.ts'

const program = join(import.meta.dirname, '../main.ts')

export function openDeployments(
  { chain, deployments, proving }: GatewayConfig,
  nowMs: () => number,
): ModelDeployments | undefined {
  if (deployments === undefined) return undefined
  const fixed = [
    ...['--store', deployments.storeFolder, '--rpc', chain.rpcUrl],
    ...['--key-file', deployments.keyFile, '--model-proofs', deployments.modelProofs],
    ...optionOf('--provers', proving?.proversFolder),
    ...optionOf('--zk-home', proving?.homeFolder),
    ...['--yes', '--json', '--until-input-ends'],
  ]
  const newId = (): string => `deploy_${randomHex(12)}`
  return openModelDeployments({ run: runDeployment(deployments, fixed), newId, nowMs })
}

const optionOf = (name: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [name, value]

const runDeployment =
  (config: DeploymentsConfig, fixed: readonly string[]): RunDeployment =>
  async (upload, watched) => {
    const folder = await mkdtemp(join(tmpdir(), 'vouch-upload-'))
    try {
      const options = await writeUpload(folder, upload)
      return await runChild(config, { folder, options: [...options, ...fixed] }, watched)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

async function writeUpload(folder: string, upload: ModelUpload): Promise<readonly string[]> {
  // Named within their folder, where the child is: what it says of them is for whoever sent them.
  const [model, sample] = ['model.onnx', 'sample.json']
  await writeFile(join(folder, model), upload.onnx)
  await writeFile(join(folder, sample), upload.sample)
  const { name, prove, version } = upload
  const named = ['--input', sample, '--name', name, '--prove', prove]
  return [model, ...named, ...optionOf('--version', version)]
}

/** The keys of a gateway are in its environment, and what the child reads may be hostile: of that, it gets where things are. */
const childVariables = ['PATH', 'HOME', 'TMPDIR', 'NODE_EXTRA_CA_CERTS']

function runChild(
  { timeoutMs, memoryMebibytesMax }: DeploymentsConfig,
  { folder, options }: { readonly folder: string; readonly options: readonly string[] },
  { signal, onLine }: Parameters<RunDeployment>[1],
): Promise<Result<unknown, string>> {
  const memory = `--max-old-space-size=${memoryMebibytesMax}`
  // biome-ignore lint/style/noProcessEnv: these are no settings of ours, but the system's and Node's own.
  const named = childVariables.map((name) => [name, process.env[name]] as const)
  const child = spawn(process.execPath, [memory, program, 'models', 'deploy', ...options], {
    // A group of its own: what it starts there ends with it, and provers see that whoever asked is gone.
    detached: true,
    cwd: folder,
    env: Object.fromEntries(named.filter(([, value]) => value !== undefined)),
    // Its standard input ends with this process, however that ends, and it with its input.
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const kill = (): void => killGroup(child)
  ending.addEventListener('abort', kill, { once: true })
  // What was aborted before is not told again.
  if (ending.aborted) kill()
  let last = ''
  let said = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    said = line
  })
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = line
    onLine(line)
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(err(error.message)))
    child.once('close', (code) => {
      ending.removeEventListener('abort', kill)
      if (code === 0) resolve(resultOf(said))
      else if (signal.aborted) resolve(err('the gateway was stopped'))
      else if (ending.aborted) resolve(err(`it took longer than ${timeoutMs / 1000} s`))
      else resolve(err(last.replace(/^vouch models: /, '')))
    })
  })
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left: it ended before that was told here.
  }
}

function resultOf(said: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(said))
  } catch {
    return err('it ended without saying what it deployed')
  }
}
