import { createInterface } from 'node:readline/promises'
import { CommandFailure } from './command.ts'

/** Asks on the terminal and goes on only after a yes. Where nobody can answer, `--yes` must have been given. */
export async function confirmOrEnd(
  question: string,
  given: { readonly yes: boolean },
): Promise<void> {
  if (given.yes) return
  if (!process.stdin.isTTY)
    throw new CommandFailure(`${question} Nobody is here to say: add --yes`, 2)
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await dialogue.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure('nothing was done')
  } finally {
    dialogue.close()
  }
}
