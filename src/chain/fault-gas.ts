/**
 * What each report takes where a node cannot tell, rounded up from whole transactions (contracts/snapshots/ceilings.json, which
 * contracts/test/gas/SlashingGas.t.sol holds).
 */
export const faultGas: Readonly<Record<string, bigint>> = {
  approve: 60_000n,
  reportWorkEquivocation: 85_000n,
  reportCheckpointEquivocation: 80_000n,
  reportReceiptEquivocation: 155_000n,
  reportOvercharge: 95_000n,
  challenge: 155_000n,
  reportFalseTier: 150_000n,
  requestProof: 165_000n,
  reportNonDelivery: 75_000n,
  payForfeit: 95_000n,
  enroll: 90_000n,
  resign: 80_000n,
  accuse: 225_000n,
  draw: 480_000n,
  abandon: 90_000n,
  commitVote: 56_000n,
  revealVote: 40_000n,
  tally: 100_000n,
  appeal: 80_000n,
  conclude: 450_000n,
  withdraw: 80_000n,
}
