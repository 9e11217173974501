/*
 * Tests with a real llama.cpp: installs it apart from this package, whose users need none of it, and runs test/engines.
 *
 *   node scripts/test-engines.ts                                with npm's node-llama-cpp, 85 MB, installed to .vouch/engines
 *   VOUCH_LLAMA_SERVER=/path/llama-server node scripts/…        and with that server as well
 *   VOUCH_ENGINE_URL=http://127.0.0.1:8000 node scripts/… running-engine      with one that runs already
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const version = '3.22.1'
const root = resolve(import.meta.dirname, '..')
const folder = join(root, '.vouch/engines')

/** Those without a graphics card. Without this npm would take all that fit, 600 MB of CUDA among them. */
const binaries: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const binary = binaries[`${process.platform}-${process.arch}`]
if (binary === undefined) throw new Error('node-llama-cpp has no binary for this machine')
const wanted = [`node-llama-cpp@${version}`, `@node-llama-cpp/${binary}@${version}`]
const stamp = join(folder, `node-llama-cpp-${version}`)
if (!existsSync(stamp)) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n')
  const quietly = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']
  run('npm', ['install', ...quietly, '--omit=optional', ...wanted], folder)
  writeFileSync(stamp, '')
}
run(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    'vitest.engines.config.ts',
    ...process.argv.slice(2),
  ],
  root,
)
