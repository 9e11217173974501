import { type Command, CommandFailure, terminal } from './command.ts'
import { addToStore, aliasInStore, collectStoreGarbage, removeFromStore } from './models-change.ts'
import { deployToStore } from './models-deploy.ts'
import { listModels, showModel } from './models-list.ts'
import { readModelArguments } from './models-options.ts'
import { pullFromMirror, pushToMirror } from './models-transfer.ts'

const help = `Usage: vouch models <what> [options]

Models of a store: files named by what they hold, models named by the hash of their manifest, versions that never change.

  deploy MODEL.onnx --input S   makes a float model one of integers whose answers can be proved: checks it, tells the error
                                and what a proof will cost, builds circuit and keys, proves a first answer, puts the
                                verifier on a chain, registers the model and adds it to the store
  list                          every model with its versions and aliases
  show MODEL                    its files with sha256, CID and size, and its manifest
  add FOLDER                    adds the model whose manifest.json and files lie there
  alias MODEL@VERSION ALIAS     lets ALIAS name that version, such as 'stable'
  remove MODEL@VERSION          forgets a version; its files go with 'gc'
  pull MODEL --from MIRROR      brings a model here; what was broken off goes on
  push MODEL --to MIRROR        takes one there
  gc                            removes files that no version needs and that are over an hour old

A MODEL is a name, a name and a version or alias (volatility@2, volatility@latest), or a modelId. A MIRROR is a folder,
http(s)://…, or s3://bucket/prefix with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, for a store that is not Amazon's,
AWS_ENDPOINT_URL in the environment. Whatever comes from one is hashed before it is believed.

Options:
  --store FOLDER     the store (default: .vouch/models)
  --version VERSION  of 'add' (default: the next whole number)
  --from, --to       the mirror
  --dry-run          of 'gc' and 'deploy': says what would be done
  --input FILE       of 'deploy': JSON rows of inputs, such as those that the model will be asked
  --prove SYSTEM     circom, noir, ezkl or auto (default: auto)
  --name NAME        what the model is called (default: the file's name)
  --rpc URL          a node of the chain where contracts will verify its proofs
  --key-file FILE    the private key that pays there, as hex
  --model-proofs A   the ModelProofs contract (default: that of deployments/<chain>.json)
  --provers FOLDER   where 'npm run zk:install' put the provers (default: circuits of this package)
  --zk-home FOLDER   where keys are kept (default: .vouch/zk of this package)
  --circuit-to DIR   writes the circuit's source there: what 'vouch zk setup' makes keys of a ceremony from
  --ptau-sha256 H    takes keys that 'vouch zk export' kept, of the phase-1 file with this hash (circom)
  --crs FOLDER       Aztec's points (noir); without either, keys are dev-insecure
  --until-input-ends stops when standard input ends, as that of a child does when its parent is gone
  --yes              asks nothing
  --json             one JSON value on standard output

Exit codes: 0 done, 1 there is no such model, it was altered, or a mirror failed, 2 unusable arguments.
`

const actions = {
  deploy: deployToStore,
  list: listModels,
  show: showModel,
  add: addToStore,
  alias: aliasInStore,
  remove: removeFromStore,
  pull: pullFromMirror,
  push: pushToMirror,
  gc: collectStoreGarbage,
} as const

async function run(argv: readonly string[]): Promise<number> {
  const { what, terms } = readModelArguments(argv)
  if (!Object.hasOwn(actions, what)) {
    const known = Object.keys(actions).join(', ')
    throw new CommandFailure(
      `vouch models takes one of ${known}; 'vouch models --help' says more`,
      2,
    )
  }
  const action = actions[what as keyof typeof actions]
  await action(terms, terminal)
  return 0
}

export const modelsCommand: Command = {
  name: 'models',
  summary: 'the store of models: list, show, add, alias, pull, push, gc',
  help,
  run,
}
