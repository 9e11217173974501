// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {WORK_WORDS, Work} from "./Work.sol";

/// @notice What a gateway vouches for: the work, for whom, and at which price; signed by one of the
/// gateway's signing keys.
struct Receipt {
    Work work;
    /// @dev 32 random bytes: they salt the digest, so that it can be public without being guessed.
    bytes32 receiptId;
    /// @dev Counts every receipt of this gateway. Two digests with one number are equivocation.
    uint64 gatewaySeq;
    /// @dev The payer that the work was done for.
    address client;
    /// @dev sha256 of the request's bytes as the gateway received them.
    bytes32 requestHash;
    /// @dev sha256 of the response's bytes as the gateway sent them.
    bytes32 responseHash;
    bytes32 channelId;
    /// @dev Counts the receipts of this channel. Two digests with one number are equivocation.
    uint64 channelSeq;
    /// @dev Atomic units of the channel's asset, rounded up once. 128 bits as in x402.
    uint128 cost;
    /// @dev Sum of `cost` over this channel up to and with this receipt.
    uint128 cumulative;
    /// @dev EIP-712 struct hash of the price sheet that `cost` was computed from.
    bytes32 priceHash;
    /// @dev Digest of the receipt with `channelSeq - 1`; zero for the first.
    bytes32 prevReceipt;
    /// @dev Bit mask: 1 gateway-signed, 2 contributor-signed, 4 token commitment, 8 audited,
    /// 16 TEE-bound key, 32 ZK-metered, 64 ZK-inferred, 128 countersigned by the client.
    uint16 tiers;
    bytes32 evidenceHash;
    /// @dev Unix seconds by which the gateway promises to have anchored this receipt; zero: none.
    uint64 anchorBy;
}

using {hashStruct, isWellFormed, word} for Receipt global;

bytes32 constant RECEIPT_TYPEHASH = keccak256(
    "Receipt(Work work,bytes32 receiptId,uint64 gatewaySeq,address client,bytes32 requestHash,bytes32 responseHash,bytes32 channelId,uint64 channelSeq,uint128 cost,uint128 cumulative,bytes32 priceHash,bytes32 prevReceipt,uint16 tiers,bytes32 evidenceHash,uint64 anchorBy)Work(bytes32 jobId,address gateway,address contributor,bytes32 modelId,bytes32 inputHash,bytes32 outputHash,bytes32 contentHash,bytes32 streamRoot,uint32 promptTokens,uint32 cachedPromptTokens,uint32 completionTokens,bytes32 commitment,uint64 startedAt,uint64 finishedAt,uint8 status)"
);

uint16 constant TIER_GATEWAY_SIGNED = 1;
uint16 constant TIER_CONTRIBUTOR_SIGNED = 2;
uint16 constant TIER_TEE_BOUND_KEY = 16;
uint16 constant TIER_ZK_INFERRED = 64;

/// @dev Position for `word`, counted from the first member of the Work.
uint256 constant TIERS_WORD = 26;

/// @dev Members of `Receipt` after the nested `Work`; each is one word of calldata.
uint256 constant RECEIPT_TAIL_WORDS = 14;

/// @param workHash `self.work.hashStruct()`, passed in because callers need it for the contributor's
/// digest as well. The nested struct enters by its hash; the rest is hashed as it lies in calldata,
/// see `Work`.
function hashStruct(Receipt calldata self, bytes32 workHash) pure returns (bytes32 hash) {
    bytes32 typeHash = RECEIPT_TYPEHASH;
    assembly ("memory-safe") {
        let words := mload(0x40)
        mstore(words, typeHash)
        mstore(add(words, 0x20), workHash)
        calldatacopy(
            add(words, 0x40),
            add(self, mul(WORK_WORDS, 0x20)),
            mul(RECEIPT_TAIL_WORDS, 0x20)
        )
        hash := keccak256(words, mul(add(RECEIPT_TAIL_WORDS, 2), 0x20))
    }
}

/// @notice Whether every member fits into its type, those of the Work included; see there.
function isWellFormed(Receipt calldata self) pure returns (bool) {
    uint256 counters = self.word(16) | self.word(21);
    uint256 client = self.word(17);
    uint256 amounts = self.word(22) | self.word(23);
    uint256 anchorBy = self.word(28);
    uint256 excess = (counters | anchorBy) >> 64 | client >> 160 | amounts >> 128;
    return excess | self.word(TIERS_WORD) >> 16 == 0 && self.work.isWellFormed();
}

/// @notice As `Work.word`: the Work lies first, so its positions are the same here.
function word(Receipt calldata self, uint256 position) pure returns (uint256 value) {
    assembly ("memory-safe") {
        value := calldataload(add(self, shl(5, position)))
    }
}
