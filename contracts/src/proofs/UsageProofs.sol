// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../interfaces/IOperatorRegistry.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {IReceiptAnchor} from "../interfaces/IReceiptAnchor.sol";
import {IUsageProofs} from "../interfaces/IUsageProofs.sol";
import {OperatorSignature} from "../libraries/OperatorSignature.sol";
import {ProofCall} from "../libraries/ProofCall.sol";
import {ReceiptDomain} from "../libraries/ReceiptDomain.sol";
import {StatementWords} from "../libraries/StatementWords.sol";
import {UsageCircuits} from "../types/UsageCircuits.sol";
import {
    USAGE_SHEETS,
    USAGE_SIGNERS,
    UsageSigner,
    UsageStatement
} from "../types/UsageStatement.sol";

/// @title UsageProofs
/// @notice See `IUsageProofs`.
/// @dev Checks run cheapest first; the proof, which costs most, is last.
contract UsageProofs is IUsageProofs {
    IOperatorRegistry public immutable contributors;
    IOperatorRegistry public immutable gateways;
    IReceiptAnchor public immutable receiptAnchor;
    /// @notice The ReceiptVerifier whose domain receipts are signed under.
    address public immutable verifier;

    IProofVerifier public immutable batchVerifier;
    IProofVerifier public immutable treeVerifier;
    bytes32 public immutable batchKey;
    bytes32 public immutable treeKey;

    mapping(bytes32 rangeId => Range) private _ranges;

    constructor(
        IOperatorRegistry contributors_,
        IOperatorRegistry gateways_,
        IReceiptAnchor receiptAnchor_,
        address verifier_,
        UsageCircuits memory circuits
    ) {
        // A batch has zeros in their place: a tree of zeros would be a proof of what nobody proved.
        bool hasKeys = circuits.batchKey != bytes32(0) && circuits.treeKey != bytes32(0);
        if (address(circuits.tree) != address(0) && !hasKeys) revert TreeKeysMissing();
        contributors = contributors_;
        gateways = gateways_;
        receiptAnchor = receiptAnchor_;
        verifier = verifier_;
        batchVerifier = circuits.batch;
        treeVerifier = circuits.tree;
        batchKey = circuits.batchKey;
        treeKey = circuits.treeKey;
    }

    /// @inheritdoc IUsageProofs
    function prove(
        UsageStatement calldata statement,
        LastReceipt calldata last,
        bytes calldata proof,
        bool isTree
    ) external {
        _requireSense(statement);
        uint64 nextSeq = statement.firstSeq + statement.count;
        Range storage range =
            _ranges[_rangeId(statement.gateway, statement.channelId, statement.firstSeq, nextSeq)];
        if (range.provenAt != 0 && !_saysMore(statement, range)) {
            revert AlreadyProven(statement.firstSeq, nextSeq, range.lastDigest);
        }
        _requireSigners(statement.signers);
        uint64 anchoredAt = _requireVouched(statement, last);
        IProofVerifier judge = isTree ? treeVerifier : batchVerifier;
        bytes memory question =
            abi.encodeCall(IProofVerifier.verify, (proof, publicInputsOf(statement, isTree)));
        if (!ProofCall.isConfirmed(address(judge), question)) revert ProofRefused(address(judge));

        _record(range, statement, anchoredAt);
    }

    /// @inheritdoc IUsageProofs
    function auditedTotal(address gateway, bytes32 channelId, uint64[] calldata boundaries)
        external
        view
        returns (uint128 total, uint128 unsignedTotal)
    {
        if (boundaries.length < 2) revert NoRanges();
        bytes32 lastDigest;
        uint128 cumulative;
        for (uint256 i = 1; i < boundaries.length; ++i) {
            uint64 firstSeq = boundaries[i - 1];
            Range storage range = _ranges[_rangeId(gateway, channelId, firstSeq, boundaries[i])];
            if (range.provenAt == 0) revert RangeNotProven(firstSeq, boundaries[i]);
            bool continues =
                range.previousDigest == lastDigest && range.cumulative == cumulative + range.total;
            if (i > 1 && !continues) {
                revert RangesApart(firstSeq, lastDigest, range.previousDigest);
            }
            lastDigest = range.lastDigest;
            cumulative = range.cumulative;
            total += range.total;
            unsignedTotal += range.unsignedTotal;
        }
    }

    /// @inheritdoc IUsageProofs
    function rangeOf(address gateway, bytes32 channelId, uint64 firstSeq, uint64 nextSeq)
        external
        view
        returns (Range memory)
    {
        return _ranges[_rangeId(gateway, channelId, firstSeq, nextSeq)];
    }

    /// @inheritdoc IUsageProofs
    function publicInputsOf(UsageStatement calldata statement, bool isTree)
        public
        view
        returns (bytes32[] memory)
    {
        return isTree
            ? statement.publicInputs(batchKey, treeKey)
            : statement.publicInputs(bytes32(0), bytes32(0));
    }

    /// @dev A prover may pass a signed receipt off as unsigned: whoever is first with such a proof must not
    /// keep out the one that shows who signed. Both digests fix the receipts, and so their sums.
    function _saysMore(UsageStatement calldata statement, Range storage range)
        private
        view
        returns (bool)
    {
        return statement.unsignedTotal < range.unsignedTotal
            && statement.lastDigest == range.lastDigest
            && statement.previousDigest == range.previousDigest;
    }

    function _record(Range storage range, UsageStatement calldata statement, uint64 anchoredAt)
        private
    {
        range.total = statement.total;
        range.cumulative = statement.cumulative;
        range.unsignedTotal = statement.unsignedTotal;
        range.provenAt = uint64(block.timestamp);
        range.anchoredAt = anchoredAt;
        range.previousDigest = statement.previousDigest;
        range.lastDigest = statement.lastDigest;
        emit UsageProven(
            statement.gateway,
            statement.channelId,
            statement.firstSeq,
            statement.firstSeq + statement.count,
            statement.asset,
            statement.total,
            statement.unsignedTotal,
            statement.lastDigest
        );
    }

    /// @dev What the circuits prove as well, where it costs next to nothing to look again.
    function _requireSense(UsageStatement calldata statement) private view {
        bytes32 separator = ReceiptDomain.separator(verifier);
        if (statement.domainSeparator != separator) {
            revert DomainMismatch(separator, statement.domainSeparator);
        }
        uint64 firstSeq = statement.firstSeq;
        if (firstSeq == 0 || statement.count == 0) revert RangeEmpty(firstSeq, statement.count);
        uint128 earlier = statement.cumulative - statement.total;
        bool isFirst = statement.previousDigest == bytes32(0);
        if ((firstSeq == 1) != isFirst || (isFirst && earlier != 0)) {
            revert BeginningMismatch(firstSeq, statement.previousDigest, earlier);
        }
        uint256 sheets = statement.priceHashes.length;
        if (sheets == 0 || sheets > USAGE_SHEETS) revert SheetsRefused(sheets);
        if (statement.signers.length > USAGE_SIGNERS) {
            revert TooManySigners(statement.signers.length, USAGE_SIGNERS);
        }
    }

    /// @dev A key is active for one stretch of time: whoever is at both ends was in between.
    function _requireSigners(UsageSigner[] calldata signers) private view {
        for (uint256 i = 0; i < signers.length; ++i) {
            UsageSigner calldata signer = signers[i];
            address key = StatementWords.accountOf(signer.keyX, signer.keyY);
            if (
                !_isActive(signer.contributor, key, signer.firstFinishedAt)
                    || !_isActive(signer.contributor, key, signer.lastFinishedAt)
            ) {
                revert KeyNotActive(signer.contributor, key);
            }
        }
    }

    function _isActive(address contributor, address key, uint64 timestampS)
        private
        view
        returns (bool)
    {
        return contributors.signingKeyActiveAt(contributor, key, timestampS);
    }

    /// @dev Anybody can anchor anything: that the receipts are the gateway's, its signature says.
    function _requireVouched(UsageStatement calldata statement, LastReceipt calldata last)
        private
        view
        returns (uint64 anchoredAt)
    {
        bytes32 digest = statement.lastDigest;
        anchoredAt = receiptAnchor.anchoredAtOf(digest, last.root, last.path);
        if (anchoredAt == 0) revert NotAnchored(digest, last.root);
        if (!OperatorSignature.isValid(
                gateways, statement.gateway, digest, last.gatewaySignature, statement.lastFinishedAt
            )) revert NotSignedByGateway(statement.gateway, digest);
    }

    function _rangeId(address gateway, bytes32 channelId, uint64 firstSeq, uint64 nextSeq)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(gateway, channelId, firstSeq, nextSeq));
    }
}
