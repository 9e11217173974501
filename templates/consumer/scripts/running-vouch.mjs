// Finds the Vouch that `npm start` runs on this machine: its chain, and who answers there.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where `npm start` may have been called: in a folder that has this one, or in Vouch's own. */
function* placesOf(folder) {
  if (process.env.VOUCH_DEV !== undefined) yield process.env.VOUCH_DEV
  for (let at = folder; ; at = dirname(at)) {
    yield join(at, '.vouch/dev')
    if (at === dirname(at)) break
  }
  const installed = join(folder, 'node_modules/vouch')
  if (existsSync(installed)) yield join(realpathSync(installed), '.vouch/dev')
}

const answers = (url) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
  }).then(
    (response) => response.ok,
    () => false,
  )

/**
 * `{ gateway, rpcUrl, chainId, operator, coordinator, asset, models, guestKeyFile }`; throws one sentence where none runs.
 */
export async function runningVouch() {
  for (const place of placesOf(project)) {
    const file = join(place, 'running.json')
    if (!existsSync(file)) continue
    const running = JSON.parse(readFileSync(file, 'utf8'))
    if (await answers(running.rpcUrl)) return running
  }
  throw new Error(
    "no Vouch runs on this machine: call 'npm start' in its folder and leave it running (or say where its data is, by VOUCH_DEV)",
  )
}
