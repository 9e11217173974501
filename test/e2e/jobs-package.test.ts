/* `vouch/jobs` as a compiler and a bundler see it that know nothing of this repository. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../support/embedded-chain.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = temporaryFolder()

beforeAll(() => {
  const modules = join(folder.path, 'node_modules')
  mkdirSync(join(modules, 'vouch/web'), { recursive: true })
  // What the package exports and no more: a type that reaches into the sources is not found.
  symlinkSync(join(root, 'package.json'), join(modules, 'vouch/package.json'))
  symlinkSync(join(root, 'web/dist'), join(modules, 'vouch/web/dist'))
  for (const name of ['@types', 'undici-types']) {
    const installed = join(root, 'node_modules', name)
    if (existsSync(installed)) symlinkSync(installed, join(modules, name))
  }
  writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}')
  const compilerOptions = {
    ...{ target: 'esnext', module: 'nodenext', moduleResolution: 'nodenext', strict: true },
    ...{ noEmit: true, skipLibCheck: false, types: ['node'], lib: ['esnext'] },
    preserveSymlinks: true,
  }
  const options = { compilerOptions, include: ['user.ts'] }
  writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify(options))
})
afterAll(() => folder.remove())

function compile(text: string): string {
  writeFileSync(join(folder.path, 'user.ts'), text)
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(tsc, ['-p', '.'], { cwd: folder.path, encoding: 'utf8' })
  return stdout
}

const user = (state: string): string => `
import { chatInput, encodeTensor, followJob, jobIdsIn, JobUnanswered, waitForAnswer } from 'vouch/jobs'
export async function follow(rpcUrl: string, coordinator: string, jobId: string): Promise<string> {
  for await (const progress of followJob({ rpcUrl, coordinator, jobId })) {
    if (progress.state === '${state}') return new TextDecoder().decode(progress.content)
  }
  const { content } = await waitForAnswer({ rpcUrl, coordinator, jobId, signal: AbortSignal.timeout(1) })
  return String(content.length)
}
export const inputs = [chatInput({ model: 'm', user: 'u', completionTokensMax: 1 }), encodeTensor([1])]
export const isUnanswered = (error: unknown): boolean => error instanceof JobUnanswered
void jobIdsIn
`

test('its types say what a state has', () => {
  expect(compile(user('delivered'))).toBe('')
  expect(compile(user('requested'))).toMatch(/'content' does not exist/)
})

test('a bundle of it needs nothing that a browser has not', async () => {
  writeFileSync(join(folder.path, 'app.js'), "export { followJob } from 'vouch/jobs'")
  const built = await rolldown({
    input: join(folder.path, 'app.js'),
    platform: 'browser',
    logLevel: 'silent',
  })
  const { output } = await built.generate({ format: 'es' })
  await built.close()
  expect(output).toHaveLength(1)
  expect(output[0].imports).toEqual([])
  expect(output[0].code).not.toMatch(/\bBuffer\b|["'`]node:|\brequire\(["'`]/)
})
