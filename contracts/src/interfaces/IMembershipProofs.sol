// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MembershipStatement} from "../types/MembershipStatement.sol";
import {Policy} from "../types/Policy.sol";

/// @title IMembershipProofs
/// @notice Lets a contract give something to whoever holds a receipt of some kind, once for each
/// receipt, without learning which.
/// @dev A proof is good for one account (`bound`), in one scope of one consumer on one chain: whoever copies it
/// out of a pending transaction can only hand it in for that account. The gateway, and whoever else was
/// shown the receipt, can tell which one it was.
interface IMembershipProofs {
    event MembershipUsed(
        address indexed consumer, bytes32 indexed scope, bytes32 indexed nullifier, address bound
    );

    error ScopeMismatch(bytes32 expected, bytes32 actual);
    error DomainMismatch(bytes32 expected, bytes32 actual);
    error PolicyNotMet();
    error BoundToNobody();
    error TimesReversed(uint64 finishedAfter, uint64 finishedBefore);
    error RootNotAnchored(bytes32 root);
    error KeyNotActive(address gateway, address key);
    error NullifierUsed(bytes32 scope, bytes32 nullifier);
    error ProofRefused(address verifier);

    /// @notice Checks a proof for the sender, a consumer contract, and uses its nullifier up in the sender's
    /// scope.
    /// @param purpose What the sender takes it for; see `scopeOf`.
    /// @param policy What the receipt must be, as for a receipt that is shown; its age is counted from
    /// `finishedAfter`.
    /// @return bound Who is to get what the sender gives for it: not whoever called the sender.
    function use(
        bytes32 purpose,
        Policy calldata policy,
        MembershipStatement calldata statement,
        bytes calldata proof
    ) external returns (address bound);

    /// @notice Whether this receipt (by its nullifier) was used in this scope.
    function isUsed(bytes32 scope, bytes32 nullifier) external view returns (bool);

    /// @notice keccak256(abi.encode(chain id, this contract, consumer, purpose)).
    function scopeOf(address consumer, bytes32 purpose) external view returns (bytes32);

    /// @notice What the verifier is asked about a statement.
    function publicInputsOf(MembershipStatement calldata statement)
        external
        pure
        returns (bytes32[] memory);
}
