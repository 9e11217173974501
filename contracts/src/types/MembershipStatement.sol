// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StatementWords} from "../libraries/StatementWords.sol";

/// @notice "I know a receipt of this gateway for this model, with these tiers, finished within this time, under
/// this root", and nothing else of it; member by member as src/proofs/membership-statement.ts has it.
struct MembershipStatement {
    /// @dev EIP-712 domain separator of the receipts: their chain and their verifier.
    bytes32 domainSeparator;
    /// @dev Merkle root that was anchored.
    bytes32 root;
    bytes32 modelId;
    /// @dev Bit mask: the receipt has every one of these, perhaps among others.
    uint16 tiers;
    /// @dev Unix seconds, both inclusive: `finishedAt` is within.
    uint64 finishedAfter;
    uint64 finishedBefore;
    /// @dev Operator address in the GatewayRegistry.
    address gateway;
    /// @dev The public key on secp256k1 that signed the receipt.
    bytes32 gatewayKeyX;
    bytes32 gatewayKeyY;
    /// @dev What it is used for: `IMembershipProofs.scopeOf`.
    bytes32 scope;
    /// @dev The same receipt has the same one in the same scope, and another one in any other.
    bytes32 nullifier;
    /// @dev Who gets what the proof is good for.
    address bound;
}

using {publicInputs} for MembershipStatement global;

uint256 constant MEMBERSHIP_INPUTS = 19;

/// @notice The circuit's public inputs.
function publicInputs(MembershipStatement calldata self) pure returns (bytes32[] memory inputs) {
    inputs = new bytes32[](MEMBERSHIP_INPUTS);
    uint256 next = StatementWords.putHalves(inputs, 0, self.domainSeparator);
    next = StatementWords.putHalves(inputs, next, self.root);
    next = StatementWords.putHalves(inputs, next, self.modelId);
    next = StatementWords.put(inputs, next, self.tiers);
    next = StatementWords.put(inputs, next, self.finishedAfter);
    next = StatementWords.put(inputs, next, self.finishedBefore);
    next = StatementWords.put(inputs, next, uint160(self.gateway));
    next = StatementWords.putHalves(inputs, next, self.gatewayKeyX);
    next = StatementWords.putHalves(inputs, next, self.gatewayKeyY);
    next = StatementWords.putHalves(inputs, next, self.scope);
    next = StatementWords.putHalves(inputs, next, self.nullifier);
    StatementWords.put(inputs, next, uint160(self.bound));
}
