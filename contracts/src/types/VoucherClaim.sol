// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig} from "./ChannelConfig.sol";

/// @notice A payer's promise: the receiver may claim up to `maxClaimableAmount` in total.
struct Voucher {
    ChannelConfig channel;
    /// @dev Cumulative since the channel opened, in the asset's atomic units: a later voucher
    /// replaces an earlier one. 128 bits as in x402.
    uint128 maxClaimableAmount;
}

/// @notice One row of a claim: the voucher and how much of it is claimed.
struct VoucherClaim {
    Voucher voucher;
    /// @dev 65 bytes of r, s, v; anything else only for an ERC-1271 payer.
    bytes signature;
    /// @dev Cumulative like the voucher: the channel's `totalClaimed` after this row.
    uint128 totalClaimed;
}

bytes32 constant VOUCHER_TYPEHASH =
    keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");

bytes32 constant REFUND_TYPEHASH =
    keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");

bytes32 constant CLAIM_ENTRY_TYPEHASH =
    keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");

bytes32 constant CLAIM_BATCH_TYPEHASH = keccak256(
    "ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
);

/// @dev The signed voucher names the channel by its id only, so that a signer hashes three words.
function hashVoucher(bytes32 channelId, uint128 maxClaimableAmount) pure returns (bytes32) {
    return keccak256(abi.encode(VOUCHER_TYPEHASH, channelId, maxClaimableAmount));
}

function hashRefund(bytes32 channelId, uint256 nonce, uint128 amount) pure returns (bytes32) {
    return keccak256(abi.encode(REFUND_TYPEHASH, channelId, nonce, amount));
}

function hashClaimEntry(bytes32 channelId, uint128 maxClaimableAmount, uint128 totalClaimed)
    pure
    returns (bytes32)
{
    return keccak256(abi.encode(CLAIM_ENTRY_TYPEHASH, channelId, maxClaimableAmount, totalClaimed));
}

/// @param entryHashes The hash of each `ClaimEntry`, in the order of the rows.
function hashClaimBatch(bytes32[] memory entryHashes) pure returns (bytes32) {
    return keccak256(abi.encode(CLAIM_BATCH_TYPEHASH, keccak256(abi.encodePacked(entryHashes))));
}
