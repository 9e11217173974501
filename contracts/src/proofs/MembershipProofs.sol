// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMembershipProofs} from "../interfaces/IMembershipProofs.sol";
import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {ProofCall} from "../libraries/ProofCall.sol";
import {ReceiptDomain} from "../libraries/ReceiptDomain.sol";
import {StatementWords} from "../libraries/StatementWords.sol";
import {MembershipStatement} from "../types/MembershipStatement.sol";
import {Policy} from "../types/Policy.sol";

/// @title MembershipProofs
/// @notice See `IMembershipProofs`.
contract MembershipProofs is IMembershipProofs {
    IOperatorRegistry public immutable gateways;
    IReceiptAnchor public immutable receiptAnchor;
    /// @notice The ReceiptVerifier whose domain receipts are signed under.
    address public immutable verifier;
    IProofVerifier public immutable proofVerifier;

    /// @dev A scope has its consumer in it, so nobody can use up what another consumer would take.
    mapping(bytes32 scope => mapping(bytes32 nullifier => bool)) public isUsed;

    constructor(
        IOperatorRegistry gateways_,
        IReceiptAnchor receiptAnchor_,
        address verifier_,
        IProofVerifier proofVerifier_
    ) {
        gateways = gateways_;
        receiptAnchor = receiptAnchor_;
        verifier = verifier_;
        proofVerifier = proofVerifier_;
    }

    /// @inheritdoc IMembershipProofs
    function use(
        bytes32 purpose,
        Policy calldata policy,
        MembershipStatement calldata statement,
        bytes calldata proof
    ) external returns (address bound) {
        bytes32 scope = scopeOf(msg.sender, purpose);
        if (statement.scope != scope) revert ScopeMismatch(scope, statement.scope);
        bound = statement.bound;
        if (bound == address(0)) revert BoundToNobody();
        if (!_isMetBy(policy, statement)) revert PolicyNotMet();
        if (isUsed[scope][statement.nullifier]) revert NullifierUsed(scope, statement.nullifier);
        _requireGenuine(statement);
        bytes memory question =
            abi.encodeCall(IProofVerifier.verify, (proof, statement.publicInputs()));
        if (!ProofCall.isConfirmed(address(proofVerifier), question)) {
            revert ProofRefused(address(proofVerifier));
        }
        isUsed[scope][statement.nullifier] = true;
        emit MembershipUsed(msg.sender, scope, statement.nullifier, bound);
    }

    /// @inheritdoc IMembershipProofs
    function publicInputsOf(MembershipStatement calldata statement)
        external
        pure
        returns (bytes32[] memory)
    {
        return statement.publicInputs();
    }

    /// @inheritdoc IMembershipProofs
    function scopeOf(address consumer, bytes32 purpose) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), consumer, purpose));
    }

    /// @dev That it is a receipt of this chain, under a root that was anchored, signed by a key that the gateway
    /// had all the while.
    function _requireGenuine(MembershipStatement calldata statement) private view {
        bytes32 separator = ReceiptDomain.separator(verifier);
        if (statement.domainSeparator != separator) {
            revert DomainMismatch(separator, statement.domainSeparator);
        }
        (uint64 first, uint64 last) = (statement.finishedAfter, statement.finishedBefore);
        if (first > last) revert TimesReversed(first, last);
        if (receiptAnchor.rootAnchoredAt(statement.root) == 0) {
            revert RootNotAnchored(statement.root);
        }
        address key = StatementWords.accountOf(statement.gatewayKeyX, statement.gatewayKeyY);
        address gateway = statement.gateway;
        if (
            !gateways.signingKeyActiveAt(gateway, key, first)
                || !gateways.signingKeyActiveAt(gateway, key, last)
        ) {
            revert KeyNotActive(gateway, key);
        }
    }

    function _isMetBy(Policy calldata policy, MembershipStatement calldata statement)
        private
        view
        returns (bool)
    {
        if (policy.modelId != bytes32(0) && policy.modelId != statement.modelId) return false;
        if (policy.gateway != address(0) && policy.gateway != statement.gateway) return false;
        if (~statement.tiers & policy.minTiers != 0) return false;
        // The least age that is certain: nobody says when the receipt was finished after that.
        uint256 usableUntil = uint256(statement.finishedAfter) + policy.maxAge;
        return policy.maxAge == 0 || block.timestamp <= usableUntil;
    }
}
