// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MembershipStatement} from "../types/MembershipStatement.sol";

/// @title IMembershipProofs
/// @notice Lets a contract give something to whoever holds a receipt of some kind, once for each
/// receipt, without learning which.
/// @dev The circuit's public inputs are the two halves of keccak256(abi.encode(statement)), the upper
/// 128 bits first. A proof is good for one holder, in one scope of one consumer on one chain: whoever
/// copies it out of a pending transaction can only hand it in for its holder.
interface IMembershipProofs {
    event MembershipUsed(
        address indexed consumer, bytes32 indexed scope, bytes32 indexed nullifier, address holder
    );

    error ScopeMismatch(bytes32 expected, bytes32 actual);
    error DomainMismatch(bytes32 expected, bytes32 actual);
    error HolderIsZero();
    error RootNotAnchored(bytes32 root);
    error KeyNotActive(address gateway, address key);
    error NullifierUsed(bytes32 scope, bytes32 nullifier);
    error ProofRefused(bytes32 statementHash);

    /// @notice Checks the proof and uses its nullifier up in the sender's scope.
    /// @param purpose What the sender, a consumer contract, wants it for; see `scopeOf`.
    /// @return holder Who is to get what the sender gives for it.
    function use(bytes32 purpose, MembershipStatement calldata statement, bytes calldata proof)
        external
        returns (address holder);

    /// @notice Whether this receipt (by its nullifier) was used in this scope.
    function isUsed(bytes32 scope, bytes32 nullifier) external view returns (bool);

    /// @notice keccak256(chain id, this contract, consumer, purpose), the upper 8 bits cleared so that
    /// it is an element of the field.
    function scopeOf(address consumer, bytes32 purpose) external view returns (bytes32);

    function statementHashOf(MembershipStatement calldata statement) external pure returns (bytes32);
}
