import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { fromEnvironment } from '../config.ts'
import { readPasswordFile } from '../contributor/secret-file.ts'
import { CommandFailure } from './command.ts'

/** Where a keystore's password comes from when nobody is there to type it. */
const passwordVariable = 'VOUCH_KEYSTORE_PASSWORD'
const passwordLengthMin = 8

/** Where a person types and reads. */
export type Keyboard = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly output: NodeJS.WritableStream
}

const ownKeyboard: Keyboard = { input: process.stdin, output: process.stderr }

/** The password of a keystore that is there: from a file, from the environment, or typed unseen. */
export async function askPassword(
  question: string,
  given: { readonly passwordFile: string | undefined },
  keyboard: Keyboard = ownKeyboard,
): Promise<string> {
  return (await givenPassword(given)) ?? (await typeUnseen(question, keyboard))
}

/** The password of a new keystore; a typed one is typed twice. */
export async function askNewPassword(
  given: { readonly passwordFile: string | undefined },
  keyboard: Keyboard = ownKeyboard,
): Promise<string> {
  const question = `New password, ${passwordLengthMin} characters or more: `
  const password = await askPassword(question, given, keyboard)
  if (password.length < passwordLengthMin) {
    throw new CommandFailure(
      `a password has ${passwordLengthMin} characters or more: whoever gets the file tries short ones`,
    )
  }
  if (isPasswordGiven(given)) return password
  if ((await typeUnseen('Once more: ', keyboard)) === password) return password
  throw new CommandFailure('these were two different passwords: nothing was written')
}

/** Whether nobody has to type it. */
export const isPasswordGiven = (given: { readonly passwordFile: string | undefined }): boolean =>
  given.passwordFile !== undefined || Boolean(fromEnvironment(passwordVariable))

async function givenPassword({
  passwordFile,
}: {
  readonly passwordFile: string | undefined
}): Promise<string | undefined> {
  if (passwordFile === undefined) return fromEnvironment(passwordVariable) || undefined
  const password = await readPasswordFile(passwordFile)
  if (password.ok) return password.value
  throw new CommandFailure(password.error)
}

/** Line editing without an echo: what is typed goes to no screen and no scrollback. */
async function typeUnseen(question: string, { input, output }: Keyboard): Promise<string> {
  if (input.isTTY !== true) {
    throw new CommandFailure(
      `nobody is here to type the keystore's password: add --password-file, or set ${passwordVariable}`,
      2,
    )
  }
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  // Before the question: who types fast would else be echoed by the terminal itself.
  const dialogue = createInterface({ input, output: nowhere, terminal: true })
  // Ctrl-C closes the dialogue; whether its question is then left open or refused is the runtime's choice.
  const closed = new Promise<undefined>((resolve) =>
    dialogue.once('close', () => resolve(undefined)),
  )
  const typing = dialogue.question('').catch(() => undefined)
  output.write(question)
  try {
    const typed = await Promise.race([typing, closed])
    if (typed === undefined) throw new CommandFailure('nothing was done')
    return typed
  } finally {
    dialogue.close()
    output.write('\n')
  }
}
