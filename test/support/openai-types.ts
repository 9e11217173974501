/*
 * OpenAI's own account of its API as a check: the types of the `openai` package, which are generated from OpenAI's
 * specification. Real answers are written into a TypeScript file as literals, and the compiler says whether they fit: a
 * member that is missing, of another type, or unknown to OpenAI is an error there.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../..')

/** One answer and the type that it must have, as an expression over `OpenAI`, such as `OpenAI.Chat.ChatCompletion`. */
export type TypedAnswer = { readonly name: string; readonly type: string; readonly answer: unknown }

const options = {
  strict: true,
  noEmit: true,
  target: 'esnext',
  module: 'nodenext',
  types: [],
  skipLibCheck: true,
}

/** What the compiler finds wrong, one line each with the answer's name; empty where all fit. */
export async function misfits(answers: readonly TypedAnswer[]): Promise<readonly string[]> {
  // Inside the repository, so that the package is found as it is from any test.
  mkdirSync(join(root, 'test/.answers'), { recursive: true })
  const folder = mkdtempSync(join(root, 'test/.answers/run-'))
  try {
    const lines = answers.map(
      ({ type, answer }, index) =>
        `export const answer${index}: ${type} = ${JSON.stringify(answer)}`,
    )
    writeFileSync(
      join(folder, 'answers.ts'),
      ["import type OpenAI from 'openai'", ...lines].join('\n'),
    )
    const config = { compilerOptions: options, files: ['answers.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const compiled = await compile(folder)
    return compiled.map((line) => named(line, answers))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function compile(folder: string): Promise<readonly string[]> {
  const tsc = join(root, 'node_modules/.bin/tsc')
  try {
    await promisify(execFile)(tsc, ['-p', folder, '--pretty', 'false'])
    return []
  } catch (error) {
    const { stdout } = error as { stdout?: string }
    if (stdout === undefined || stdout === '') throw error
    return stdout.split('\n').filter((line) => line.includes('error TS'))
  }
}

function named(line: string, answers: readonly TypedAnswer[]): string {
  // The first line of the file is the import.
  const [, number] = /answers\.ts\((\d+),/.exec(line) ?? []
  const answer = answers[Number(number) - 2]
  return `${answer?.name ?? 'the file'}: ${line.replace(/^.*error /, '')}`
}
