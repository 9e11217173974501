import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { fromEnvironment } from '../config.ts'
import { readPasswordFile } from '../contributor/secret-file.ts'
import { CommandFailure } from './command.ts'

/** Where a keystore's password comes from when nobody is there to type it. */
const passwordVariable = 'VOUCH_KEYSTORE_PASSWORD'
const passwordLengthMin = 8

/** The password of a keystore that is there: from a file, from the environment, or typed unseen. */
export async function askPassword(
  question: string,
  given: { readonly passwordFile: string | undefined },
): Promise<string> {
  return (await givenPassword(given)) ?? (await typeUnseen(question))
}

/** The password of a new keystore; a typed one is typed twice. */
export async function askNewPassword(given: {
  readonly passwordFile: string | undefined
}): Promise<string> {
  const password =
    (await givenPassword(given)) ??
    (await typeUnseen(`New password, ${passwordLengthMin} characters or more: `))
  if (password.length < passwordLengthMin) {
    throw new CommandFailure(
      `a password has ${passwordLengthMin} characters or more: whoever gets the file tries short ones`,
    )
  }
  if ((await givenPassword(given)) !== undefined) return password
  if ((await typeUnseen('Once more: ')) === password) return password
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
async function typeUnseen(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    throw new CommandFailure(
      `nobody is here to type the keystore's password: add --password-file, or set ${passwordVariable}`,
      2,
    )
  }
  stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const dialogue = createInterface({ input: stdin, output: nowhere, terminal: true })
  // Ctrl-C closes the dialogue, which leaves its question without an answer.
  const closed = new Promise<undefined>((resolve) =>
    dialogue.once('close', () => resolve(undefined)),
  )
  try {
    const typed = await Promise.race([dialogue.question(''), closed])
    if (typed === undefined) throw new CommandFailure('nothing was done')
    return typed
  } finally {
    dialogue.close()
    stderr.write('\n')
  }
}
