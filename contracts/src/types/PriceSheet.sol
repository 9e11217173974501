// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What one operator asks for one model. A receipt names the sheet by its struct hash.
struct PriceSheet {
    /// @dev The gateway (or contributor) whose prices these are.
    address operator;
    bytes32 modelId;
    address asset;
    /// @dev Atomic units of `asset` for a million tokens; 128 bits like every amount.
    uint128 promptAtomicPerMtok;
    uint128 cachedPromptAtomicPerMtok;
    uint128 completionAtomicPerMtok;
    /// @dev Unix seconds, both inclusive; `validUntil` zero: until replaced.
    uint64 validFrom;
    uint64 validUntil;
}

using {hashStruct, costRoundedUp} for PriceSheet global;

bytes32 constant PRICE_SHEET_TYPEHASH = keccak256(
    "PriceSheet(address operator,bytes32 modelId,address asset,uint128 promptAtomicPerMtok,uint128 cachedPromptAtomicPerMtok,uint128 completionAtomicPerMtok,uint64 validFrom,uint64 validUntil)"
);

uint256 constant TOKENS_PER_MTOK = 1_000_000;

function hashStruct(PriceSheet memory self) pure returns (bytes32) {
    return keccak256(abi.encode(PRICE_SHEET_TYPEHASH, self));
}

/// @notice The most that a receipt may charge under this sheet, in atomic units, rounded up once.
/// @dev `cachedPromptTokens` are part of `promptTokens`; should they exceed them, all are cached.
/// No overflow: three products of 160 bits.
function costRoundedUp(
    PriceSheet memory self,
    uint32 promptTokens,
    uint32 cachedPromptTokens,
    uint32 completionTokens
) pure returns (uint256) {
    uint256 cached = cachedPromptTokens < promptTokens ? cachedPromptTokens : promptTokens;
    uint256 atomicTimesMtok = (promptTokens - cached) * self.promptAtomicPerMtok + cached
        * self.cachedPromptAtomicPerMtok + uint256(completionTokens) * self.completionAtomicPerMtok;
    return (atomicTimesMtok + TOKENS_PER_MTOK - 1) / TOKENS_PER_MTOK;
}
