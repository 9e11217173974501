/*
 * What can be proven, without sending anything: of a pile of receipts, Works and checkpoints, or of evidence that somebody else
 * wrote. With a node every fault is judged by what its chain knows, and tried out there.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import { simulateCall } from '../chain/simulate-call.ts'
import { readUndeliveredJobs } from '../chain/undelivered-jobs.ts'
import { faultCall } from '../client/fault-call.ts'
import { type FaultEvidence, formatFaultEvidence } from '../client/fault-evidence.ts'
import { readFaultFacts } from '../client/fault-facts.ts'
import { judgeFault, type ProvableFault } from '../client/fault-verdict.ts'
import { FaultFinder, type FindingTerms, type Told } from '../client/find-faults.ts'
import { speaksByRegistry, speaksForItself } from '../client/find-faults-signers.ts'
import type { ReceiptPlace } from '../client/parse-receipt-document.ts'
import { writeDurably } from './channel-file.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { faultWords } from './slash-evidence.ts'
import type { FaultOptions } from './slash-options.ts'
import { readPile } from './slash-pile.ts'
import { type FaultPlace, openFaultPlace } from './slash-place.ts'

/** Entries that are no statement, of which the rest is only counted. */
const passedToldMax = 8

type Found = {
  readonly evidence: FaultEvidence
  /** Undefined where no chain was asked. */
  readonly fault: ProvableFault | undefined
}

/** Exit code 0: nothing can be proven; 1: something can. */
export async function checkPile(
  operands: readonly string[],
  options: FaultOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  if (operands.length === 0 && !options.withJobs) {
    throw new CommandFailure('which receipts? Give files or folders', 2)
  }
  const pile = new PileCheck(options, surroundings)
  for await (const entry of readPile(operands)) {
    if ('fault' in entry) pile.pass(entry.where, entry.fault)
    else await pile.add(entry.told)
  }
  if (options.withJobs) await pile.addJobs()
  const { found } = pile
  report(surroundings, options, outcomeOf(pile, writeFound(found, options.outFolder)))
  return found.length === 0 ? 0 : 1
}

class PileCheck {
  readonly found: Found[] = []
  readonly finder: FaultFinder
  passed = 0
  refused = 0
  readonly #options: FaultOptions
  readonly #surroundings: PayerSurroundings
  /** The chain and verifier of the first statement: a node serves one chain, so a pile is judged for one. */
  #at: FaultPlace | undefined
  #speaksFor: FindingTerms['speaksFor'] = speaksForItself
  readonly #proven = new Map<FaultEvidence, ProvableFault>()

  constructor(options: FaultOptions, surroundings: PayerSurroundings) {
    this.#options = options
    this.#surroundings = surroundings
    const asksChain = options.rpcUrl !== undefined
    this.finder = new FaultFinder({
      speaksFor: (statement) => this.#speaksFor(statement),
      proves: (evidence) => this.#proves(evidence),
      withPromises: asksChain && options.withPromises,
      withTiers: asksChain,
    })
  }

  get at(): FaultPlace | undefined {
    return this.#at
  }

  pass(where: string, fault: string): void {
    this.passed += 1
    // A log's lines have no receipts in them: a few say enough of thousands.
    if (this.passed > passedToldMax) return
    this.#surroundings.terminal.printError(`passed over ${where}: ${fault}`)
  }

  async add(told: Told): Promise<void> {
    if ('domain' in told) await this.#open(told.domain)
    for (const evidence of await this.finder.add(told)) {
      this.found.push({ evidence, fault: this.#proven.get(evidence) })
    }
  }

  /** Jobs that were accepted and not delivered, by the coordinator's events. */
  async addJobs(): Promise<void> {
    const { verifier } = this.#options
    if (this.#at === undefined && verifier === undefined) {
      throw new CommandFailure('--jobs needs --verifier, or receipts that name one', 2)
    }
    if (this.#at === undefined && verifier !== undefined) {
      await this.#open({ chainId: undefined, verifyingContract: verifier })
    }
    const at = this.#at
    if (at === undefined) throw new CommandFailure('--jobs needs --rpc', 2)
    const { coordinator } = at.contracts
    const { chainId } = at.place
    for (const jobId of orFail(await readUndeliveredJobs(at.rpc, coordinator))) {
      await this.add({
        object: 'vouch.fault',
        kind: 'S6',
        chainId,
        coordinator: coordinator.address,
        jobId,
      })
    }
  }

  async #open(place: {
    readonly chainId: number | undefined
    readonly verifyingContract: ReceiptPlace['verifyingContract']
  }): Promise<void> {
    if (this.#at !== undefined || this.#options.rpcUrl === undefined) return
    const at = await openFaultPlace(this.#options, place)
    this.#at = at
    this.#speaksFor = speaksByRegistry(at.rpc, at.contracts, failed)
  }

  /** By the chain's facts, and then by the contract itself. An accusation is not tried out: it needs a bond. */
  async #proves(evidence: FaultEvidence): Promise<boolean> {
    const at = this.#at
    if (at === undefined) return true
    const facts = orFail(await readFaultFacts(at.rpc, at.contracts, evidence, at.place))
    const verdict = judgeFault(evidence, facts)
    if (!verdict.ok) {
      this.refused += 1
      this.#surroundings.terminal.printError(
        `${evidence.kind} of ${facts.accused.operator} would be refused: ${verdict.error.detail}`,
      )
      return false
    }
    if (evidence.kind !== 'S7') {
      const call = { ...faultCall(evidence, at.contracts), from: at.contracts.verifier.address }
      const failure = await simulateCall(at.rpc, call)
      if (failure !== undefined) failed(failure)
    }
    this.#proven.set(evidence, verdict.value)
    return true
  }
}

const failed = (failure: ChainFailure): never => {
  throw new CommandFailure(describeChainFailure(failure))
}

/** One file for each fault. Answers their paths. */
function writeFound(found: readonly Found[], folder: string | undefined): readonly string[] {
  if (folder === undefined) return []
  mkdirSync(folder, { recursive: true })
  return found.map(({ evidence, fault }, i) => {
    const name = fault === undefined ? String(i + 1) : fault.faultId.slice(2, 18)
    const path = join(folder, `fault-${evidence.kind}-${name}.json`)
    writeDurably(path, `${formatFaultEvidence(evidence)}\n`)
    return path
  })
}

function outcomeOf(pile: PileCheck, paths: readonly string[]) {
  const { found, finder, passed, refused, at } = pile
  const asked = at === undefined ? ', no chain was asked' : ''
  const head = `${finder.compared} signed statements compared, ${finder.unsigned} with a signature that counts for nothing, ${passed} passed over${asked}`
  const lineOf = ({ evidence, fault }: Found, i: number) => {
    const where = paths[i] === undefined ? '' : `: ${paths[i]}`
    if (fault === undefined || at === undefined) {
      return `${evidence.kind}: ${faultWords[evidence.kind]}${where}`
    }
    const { accused, taken, reward } = fault
    return `${evidence.kind}: ${faultWords[evidence.kind]}; the ${accused.role} ${accused.operator} would lose ${at.amount(taken)}, ${at.amount(reward)} of it to its reporter${where}`
  }
  return {
    lines: [head, ...(found.length === 0 ? ['nothing can be proven'] : found.map(lineOf))],
    value: {
      object: 'vouch.slash_check',
      compared: finder.compared,
      unsigned: finder.unsigned,
      passed_over: passed,
      refused,
      asked_chain: at !== undefined,
      faults: found.map(({ evidence, fault }, i) => ({
        kind: evidence.kind,
        fault_id: fault?.faultId ?? null,
        accused: fault?.accused.operator ?? null,
        expected_taken: fault?.taken ?? null,
        expected_reward: fault?.reward ?? null,
        file: paths[i] ?? null,
      })),
    },
  }
}
