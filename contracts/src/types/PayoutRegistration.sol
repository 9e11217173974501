// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Where a contributor wants to be paid: one (chain, token) and the address that receives.
struct PayoutRegistration {
    address contributor;
    uint256 payoutChainId;
    address payoutToken;
    address payoutReceiver;
    /// @dev Seconds; the gateway's channel must not let it withdraw sooner.
    uint40 minWithdrawDelay;
    /// @dev Unix seconds until which the signature may be relayed.
    uint64 validUntil;
    /// @dev Must equal the contributor's `payoutNonce`.
    uint64 nonce;
}

using {hashStruct} for PayoutRegistration global;

bytes32 constant PAYOUT_REGISTRATION_TYPEHASH = keccak256(
    "PayoutRegistration(address contributor,uint256 payoutChainId,address payoutToken,address payoutReceiver,uint40 minWithdrawDelay,uint64 validUntil,uint64 nonce)"
);

function hashStruct(PayoutRegistration memory self) pure returns (bytes32) {
    return keccak256(abi.encode(PAYOUT_REGISTRATION_TYPEHASH, self));
}
