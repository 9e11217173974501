// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Who signed works, with which key.
struct WorkSigner {
    /// @dev Operator address in the ContributorRegistry.
    address contributor;
    /// @dev A secp256k1 key; contracts (ERC-1271) cannot sign what a circuit checks.
    address key;
}

/// @notice What a metering proof says of consecutive receipts of one channel, without showing one.
struct UsageStatement {
    /// @dev Operator address in the GatewayRegistry.
    address gateway;
    bytes32 channelId;
    /// @dev `channelSeq` of the first receipt; the first of a channel has 1.
    uint64 firstSeq;
    uint32 count;
    /// @dev Sum of `cost`, in atomic units of the channel's asset.
    uint128 total;
    /// @dev `prevReceipt` of the first receipt: zero, or the digest before it.
    bytes32 prevReceipt;
    /// @dev Digest of the last receipt. It holds all the others by their `prevReceipt`.
    bytes32 lastReceipt;
    /// @dev EIP-712 struct hash of the price sheet that every cost follows from.
    bytes32 priceHash;
    /// @dev EIP-712 domain separator of the receipts.
    bytes32 domainSeparator;
    /// @dev Least and greatest `finishedAt`, unix seconds.
    uint64 finishedFrom;
    uint64 finishedUntil;
    /// @dev Every key that signed a Work of the range.
    WorkSigner[] signers;
}
