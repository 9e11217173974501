type Member = { name: string; type: string }

export type PrimaryType =
  | 'Work'
  | 'Receipt'
  | 'PriceSheet'
  | 'ChannelConfig'
  | 'Voucher'
  | 'ClaimBatch'
  | 'ReceiveWithAuthorization'

/** `type name, type name` as in Solidity → the form that ethers' TypedDataEncoder takes. */
const members = (text: string): Member[] =>
  text.split(',').map((member) => {
    const [type = '', name = ''] = member.trim().split(' ')
    return { name, type }
  })

const Work = members(
  'bytes32 jobId, address gateway, address contributor, bytes32 modelId, bytes32 inputHash, ' +
    'bytes32 outputHash, bytes32 contentHash, bytes32 streamRoot, uint32 promptTokens, ' +
    'uint32 cachedPromptTokens, uint32 completionTokens, bytes32 commitment, uint64 startedAt, ' +
    'uint64 finishedAt, uint8 status',
)
const ClaimEntry = members('bytes32 channelId, uint128 maxClaimableAmount, uint128 totalClaimed')

/** The typed data of payments.md and attestation.md, spelled a second time on purpose: the encoders are judged by these. */
export const solidityTypes: Record<PrimaryType, Record<string, Member[]>> = {
  Work: { Work },
  Receipt: {
    Work,
    Receipt: members(
      'Work work, bytes32 receiptId, uint64 gatewaySeq, address client, bytes32 requestHash, ' +
        'bytes32 responseHash, bytes32 channelId, uint64 channelSeq, uint128 cost, ' +
        'uint128 cumulative, bytes32 priceHash, bytes32 prevReceipt, uint16 tiers, ' +
        'bytes32 evidenceHash, uint64 anchorBy',
    ),
  },
  PriceSheet: {
    PriceSheet: members(
      'address operator, bytes32 modelId, address asset, uint128 promptAtomicPerMtok, ' +
        'uint128 cachedPromptAtomicPerMtok, uint128 completionAtomicPerMtok, uint64 validFrom, ' +
        'uint64 validUntil',
    ),
  },
  ChannelConfig: {
    ChannelConfig: members(
      'address payer, address payerAuthorizer, address receiver, address receiverAuthorizer, ' +
        'address token, uint40 withdrawDelay, bytes32 salt',
    ),
  },
  Voucher: { Voucher: members('bytes32 channelId, uint128 maxClaimableAmount') },
  ClaimBatch: { ClaimEntry, ClaimBatch: members('ClaimEntry[] claims') },
  ReceiveWithAuthorization: {
    ReceiveWithAuthorization: members(
      'address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, ' +
        'bytes32 nonce',
    ),
  },
}
