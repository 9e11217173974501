// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice "I hold a receipt of this gateway, of these tiers, for this model, finished after that time,
/// under this root", and nothing else of the receipt.
struct MembershipStatement {
    /// @dev Merkle root that was anchored.
    bytes32 root;
    /// @dev Operator address in the GatewayRegistry, and the key of it that signed the receipt.
    address gateway;
    address gatewayKey;
    bytes32 modelId;
    /// @dev Bit mask: the receipt claims every one of these.
    uint16 tiers;
    /// @dev Unix seconds; `finishedAt` is later.
    uint64 finishedAfter;
    /// @dev What it is used for: `IMembershipProofs.scopeOf`.
    bytes32 scope;
    /// @dev Of a secret of the receipt and the scope: the same receipt in the same scope has the same.
    bytes32 nullifier;
    /// @dev Who gets what the proof is good for.
    address holder;
    /// @dev EIP-712 domain separator of the receipts.
    bytes32 domainSeparator;
}
