/*
 * `vouch consumer new` as somebody has it who installed the package: packed, unpacked into the project's node_modules, compiled
 * by forge with solc-js, and its own `npm test` run against a real `vouch dev`.
 */
import { execFile, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

const root = resolve(import.meta.dirname, '../..')
const main = join(root, 'src/main.ts')
const folder = temporaryFolder()
const project = join(folder.path, 'Haiku')
const devFolder = join(folder.path, 'dev')
let dev: DevProcess | undefined

function run(command: string, args: readonly string[], cwd = folder.path) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  return { status, text: `${stdout}${stderr}` }
}

const consumer = (...args: readonly string[]) =>
  run(process.execPath, [main, 'consumer', 'new', ...args])

/** What `npm install` brings, without a registry: the packed package, and beside it what it is pinned to. */
function install(): void {
  const modules = join(project, 'node_modules')
  const pack = ['pack', root, '--ignore-scripts', '--silent', '--pack-destination', folder.path]
  expect(run('npm', pack)).toMatchObject({ status: 0 })
  const [tarball = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'))
  run('tar', ['-xzf', tarball])
  mkdirSync(join(modules, '.bin'), { recursive: true })
  renameSync(join(folder.path, 'package'), join(modules, 'vouch'))
  for (const name of ['@foundry-rs', 'ethers', 'solady', 'solc']) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  symlinkSync('../@foundry-rs/forge/bin.mjs', join(modules, '.bin/forge'))
}

const npm = async (...args: readonly string[]): Promise<{ code: number; text: string }> => {
  const words = [`VOUCH_DEV=${devFolder}`, 'npm', ...args]
  try {
    const { stdout, stderr } = await promisify(execFile)('env', words, { cwd: project })
    return { code: 0, text: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, text: stdout + stderr }
  }
}

beforeAll(() => {
  expect(consumer('Haiku', '--vouch', 'file:../vouch-0.1.0.tgz')).toMatchObject({ status: 0 })
  install()
})
afterAll(async () => {
  await dev?.interrupt()
  folder.remove()
})

test('the project has its name everywhere, and the versions of this package', () => {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const written = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  expect(written).toMatchObject({
    name: 'haiku',
    devDependencies: {
      '@foundry-rs/forge': own.devDependencies['@foundry-rs/forge'],
      ethers: own.dependencies.ethers,
      solady: own.devDependencies.solady,
      solc: own.devDependencies.solc,
      vouch: 'file:../vouch-0.1.0.tgz',
    },
  })
  const files = readdirSync(project, { recursive: true, encoding: 'utf8' })
  const ours = files.filter((path) => !path.startsWith('node_modules') && /\.\w+$/.test(path))
  expect(ours).toContain('src/Haiku.sol')
  for (const path of ours) {
    expect(`${path}\n${readFileSync(join(project, path), 'utf8')}`).not.toMatch(/Template/)
  }
})

test('nothing that is there is overwritten, and a name that is none is refused', () => {
  const mine = join(folder.path, 'Mine')
  mkdirSync(mine)
  writeFileSync(join(mine, 'notes.txt'), 'mine')
  expect(consumer('Mine')).toMatchObject({ status: 1, text: expect.stringMatching(/nothing was/) })
  expect(readdirSync(mine)).toEqual(['notes.txt'])
  const file = join(mine, 'notes.txt')
  for (const place of [file, join(file, 'below')]) {
    expect(consumer('Poem', '--dir', place)).toMatchObject({
      status: 1,
      text: expect.stringMatching(/^vouch consumer: .* cannot be made a folder \(\w+\)[^\n]*\n$/),
    })
  }
  for (const name of ['haiku', 'Has-Dash', '../Up', '', 'InferenceConsumer', 'ChatInput']) {
    expect(consumer(name)).toMatchObject({ status: 2 })
  }
})

test('where no Vouch runs its test fails, and says what to do', async () => {
  const { code, text } = await npm('test')
  expect(text).toMatch(/2 tests passed, 0 failed/)
  expect(text).toMatch(/no Vouch runs on this machine: call 'npm start'/)
  expect(code).toBe(1)
  expect(existsSync(join(project, 'out/Haiku.sol/Haiku.json'))).toBe(true)
  const asked = await npm('run', 'ask')
  expect(asked.code).toBe(1)
  // Below what npm says of the script that it runs.
  expect(asked.text).toMatch(/\nno Vouch runs on this machine[^\n]*\n/)
  expect(asked.text).not.toMatch(/\n +at |Node\.js v/)
})

test('its test passes against a vouch dev: asked, answered, delivered, called back', async () => {
  dev = await startDev(devFolder)
  const { code, text } = await npm('test')
  expect(text).toMatch(/the contract is called back with a verified answer/)
  expect(text).toMatch(/receipt 0x[0-9a-f]{64}/)
  expect(code).toBe(0)
  const asked = await npm('run', 'ask', '--', 'What is a channel?')
  expect(asked.text).toMatch(
    /requested 0x\w+\nanswered 0x\w+\ndelivered 0x\w+\ncalled_back 0x\w+\n./,
  )
})
