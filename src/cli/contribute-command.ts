import { findEngines } from '../contributor/find-engines.ts'
import { describeDataFolderFailure, lockDataFolder } from '../dev/data-folder-lock.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { readyAccount } from './contribute-account.ts'
import { findOwnEngine, type OwnEngine, usualOrigins } from './contribute-engine.ts'
import { engineModels, engineTitle } from './contribute-engines.ts'
import { meetGateway } from './contribute-gateway.ts'
import { describeModels, showModels } from './contribute-models.ts'
import { type ReadOptions, readContributeOptions } from './contribute-options.ts'
import { serveUntilStopped } from './contribute-run.ts'
import { openScreen, type Screen } from './contribute-screen.ts'
import { testContribution } from './contribute-test.ts'
import { accountHelp } from './operator-account.ts'

const help = `Usage: vouch contribute --gateway URL [--engine URL] [options]

Earns with this machine: finds its engine (vLLM, llama.cpp, Ollama, LM Studio, SGLang, TGI, LocalAI
or any OpenAI-compatible server), registers and stakes an account after showing what that costs,
tests everything, and answers a gateway's requests until Ctrl-C. Needs no open port. A second run
needs no option: it continues. docs/contribute.md tells the whole.

What is served
  --engine URL|built-in    the engine                  [the first one that runs on this machine]
  --engine-key-file FILE   key that the engine wants
  --model NAME[=PUBLIC]    only this model, sold under the name PUBLIC; repeatable     [all taken]
  --price MODEL=IN,OUT     asked for a million tokens           [4/5 of the most that is paid]
  --curve LOAD:TIMES,…     the price rises with the load, such as 0.5:1,1:2, or 'usual'
  --context TOKENS         where the engine does not tell its context
  --slots N                requests at a time                        [as the engine tells, or 4]
  --weights PATH|none      weights that your Work names              [where the engine says]
  --region NAME            where it computes
  --list                   shows the engines of this machine and ends

Money
  --rpc URL                your own node of the gateway's chain; what the gateway says is checked
                           there (not needed for a development chain on this machine)
  --payout 0x…             where what you earn goes                            [your account]
  --credit-limit AMOUNT    unpaid work beyond which none is begun                        [0.50]
  --coordinator C           answers the contracts that ask there, too: eip155:CHAIN:0x…, and =URL behind it
                           for your own node of another chain; repeatable; 'none' leaves out the one of
                           the gateway's own chain, which is answered otherwise
  --coin-price AMOUNT      what the chain's coin is worth, to judge a claim's gas      [100000]
  --claim-above AMOUNT     claims by itself whenever so much can be claimed             [never]
  --gateway-gone HOURS     claims by itself when the gateway was not heard of for so long  [24]

${accountHelp}

Reach (without these it dials out)
  --public-url URL --listen HOST:PORT [--tls-cert FILE --tls-key FILE]
                           the gateway dials URL, and you listen at HOST:PORT

Other
  --data FOLDER            keys, vouchers, settings               [~/.vouch/contributor]
  --skip-test              no self-test before it goes online
  --yes                    does not ask before it registers and stakes
  --accept-gateway 0x…     this account is the gateway's now, although it was another before
  --trust 0x…              trust this contract, which is not of this version; repeatable
  --json                   JSON lines, as where standard output is no terminal
  --help                   this text

Example: 'npm start' in one terminal, and in another
  npx vouch contribute --gateway http://127.0.0.1:8787

Exit codes: 0 stopped as asked, 1 could not go on (one line says why), 2 unusable arguments.
`

export const contributeCommand: Command = {
  name: 'contribute',
  summary: 'earn with this machine: stand beside its engine and serve a gateway',
  help,
  run: async (argv) => {
    const { options } = readContributeOptions(argv)
    const screen = openScreen({
      isPerson: !options.json && process.stdout.isTTY,
      terminal,
      write: (text) => void process.stdout.write(text),
      columns: () => process.stdout.columns,
    })
    if (options.lists) return listEngines(screen)
    const lock = lockDataFolder(options.folder)
    if (!lock.ok) throw new CommandFailure(describeDataFolderFailure(lock.error))
    try {
      // Once more: another process may have written the folder until it was ours.
      await contribute(readContributeOptions(argv), screen)
      return 0
    } finally {
      screen.close()
      lock.value.release()
    }
  },
}

async function listEngines(screen: Screen): Promise<number> {
  const found = await findEngines({ origins: usualOrigins() })
  for (const engine of found) {
    const models = engineModels(engine).map((line) => `  ${line}`)
    screen.tell({ event: 'engine', ...engine }, engineTitle(engine), ...models)
  }
  if (found.length === 0) {
    screen.tell(
      { event: 'no_engine' },
      `No engine answers on the usual ports of this machine (${usualOrigins()
        .map((origin) => new URL(origin).port)
        .join(', ')}).`,
      "Start one, or name it by --engine URL. 'vouch contribute --engine built-in' brings its own.",
    )
  }
  return 0
}

async function contribute(read: ReadOptions, screen: Screen): Promise<void> {
  const { options, known } = read
  const met = await meetGateway(options, known, { screen, nowMs: Date.now })
  const engine = await findOwnEngine(options, met, screen)
  try {
    await serve(read, { met, engine }, screen)
  } finally {
    await engine.stop()
  }
}

async function serve(
  read: ReadOptions,
  found: { readonly met: Awaited<ReturnType<typeof meetGateway>>; readonly engine: OwnEngine },
  screen: Screen,
): Promise<void> {
  const { options } = read
  const { met, engine } = found
  const models = await describeModels(engine.offers, engine.found, { options, screen })
  showModels(models, met, screen)
  const { file, signingKey, sender } = await readyAccount(read, met, {
    ...{ screen, terminal, rememberedEngine: engine.remembered },
  })
  const contribution = { options, met, engine, models, file }
  if (!options.skipsTest) await testContribution(contribution, signingKey, screen)
  await serveUntilStopped(contribution, { signingKey, sender, screen })
}
