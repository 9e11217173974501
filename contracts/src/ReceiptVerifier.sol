// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {ISigningKeyBook} from "./interfaces/ISigningKeyBook.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {OperatorSignature} from "./libraries/OperatorSignature.sol";
import {ReceiptDomain} from "./libraries/ReceiptDomain.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {keyIdOf} from "./types/KeyEpoch.sol";
import {Policy} from "./types/Policy.sol";
import {
    Receipt,
    TIERS_WORD,
    TIER_CONTRIBUTOR_SIGNED,
    TIER_GATEWAY_SIGNED
} from "./types/Receipt.sol";
import {CONTRIBUTOR_WORD, FINISHED_AT_WORD, GATEWAY_WORD, Work} from "./types/Work.sol";

/// @title ReceiptVerifier
/// @notice See `IReceiptVerifier`.
contract ReceiptVerifier is IReceiptVerifier {
    IOperatorRegistry public immutable contributors;
    IOperatorRegistry public immutable gateways;
    IReceiptAnchor public immutable receiptAnchor;
    ISigningKeyBook public immutable keyBook;

    constructor(
        IOperatorRegistry contributors_,
        IOperatorRegistry gateways_,
        IReceiptAnchor receiptAnchor_
    ) {
        ISigningKeyBook book = contributors_.keyBook();
        ISigningKeyBook other = gateways_.keyBook();
        if (address(book) != address(other)) revert KeyBooksDiffer(book, other);
        contributors = contributors_;
        gateways = gateways_;
        receiptAnchor = receiptAnchor_;
        keyBook = book;
    }

    /// @inheritdoc IReceiptVerifier
    function verifyContent(
        Receipt calldata receipt,
        bytes calldata contributorSignature,
        bytes calldata gatewaySignature,
        bytes calldata content,
        Policy calldata policy
    ) external view returns (bool) {
        if (!policy.isMetBy(receipt)) return false;
        if (EfficientHashLib.hashCalldata(content) != receipt.work.contentHash) return false;
        (bool ok,) = verify(receipt, contributorSignature, gatewaySignature);
        return ok;
    }

    /// @inheritdoc IReceiptVerifier
    function verifyJob(bytes32 jobId, bytes calldata content, bytes calldata packed)
        external
        view
        returns (bool)
    {
        (Receipt memory receipt, bytes memory contributorSignature, bytes memory gatewaySignature) =
            abi.decode(packed, (Receipt, bytes, bytes));
        if (receipt.work.jobId != jobId) return false;
        Policy memory anyPolicy;
        return
            this.verifyContent(receipt, contributorSignature, gatewaySignature, content, anyPolicy);
    }

    /// @inheritdoc IReceiptVerifier
    function verifyAnchored(bytes32 digest, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (uint64 anchoredAt)
    {
        return receiptAnchor.anchoredAtOf(digest, root, proof);
    }

    /// @inheritdoc IReceiptVerifier
    function status(bytes32 digest) external view returns (uint8) {
        return receiptAnchor.statusOf(digest);
    }

    /// @inheritdoc IReceiptVerifier
    function verifyWork(Work calldata work, bytes calldata contributorSignature)
        external
        view
        returns (bool ok, bytes32 digest)
    {
        digest = workDigestOf(work);
        ok = work.isWellFormed()
            && OperatorSignature.isValid(
                contributors, work.contributor, digest, contributorSignature, work.finishedAt
            );
    }

    /// @inheritdoc IReceiptVerifier
    function digestOf(Receipt calldata receipt) external view returns (bytes32) {
        return TypedData.digest(domainSeparator(), receipt.hashStruct(receipt.work.hashStruct()));
    }

    /// @inheritdoc IReceiptVerifier
    function verify(
        Receipt calldata receipt,
        bytes calldata contributorSignature,
        bytes calldata gatewaySignature
    ) public view returns (bool ok, bytes32 digest) {
        bytes32 separator = domainSeparator();
        bytes32 workHash = receipt.work.hashStruct();
        digest = TypedData.digest(separator, receipt.hashStruct(workHash));
        bytes32 workDigest = TypedData.digest(separator, workHash);
        ok = receipt.isWellFormed()
            && _isSigned(receipt, workDigest, contributorSignature, digest, gatewaySignature);
    }

    /// @inheritdoc IReceiptVerifier
    function workDigestOf(Work calldata work) public view returns (bytes32) {
        return TypedData.digest(domainSeparator(), work.hashStruct());
    }

    /// @inheritdoc IReceiptVerifier
    function domainSeparator() public view virtual returns (bytes32) {
        return ReceiptDomain.separator(address(this));
    }

    /// @param receipt Well-formed.
    function _isSigned(
        Receipt calldata receipt,
        bytes32 workDigest,
        bytes calldata contributorSignature,
        bytes32 digest,
        bytes calldata gatewaySignature
    ) private view returns (bool) {
        uint256 tiers = receipt.word(TIERS_WORD);
        if (tiers & TIER_GATEWAY_SIGNED == 0) return false;
        uint64 finishedAt = uint64(receipt.word(FINISHED_AT_WORD));
        bytes32 gatewayKeyId = keyIdOf(
            address(gateways),
            address(uint160(receipt.word(GATEWAY_WORD))),
            OperatorSignature.keyOf(digest, gatewaySignature)
        );
        if (tiers & TIER_CONTRIBUTOR_SIGNED == 0) {
            if (contributorSignature.length != 0) return false;
            if (!keyBook.isKeyActiveAt(gatewayKeyId, finishedAt)) return false;
        } else {
            bytes32 contributorKeyId = keyIdOf(
                address(contributors),
                address(uint160(receipt.word(CONTRIBUTOR_WORD))),
                OperatorSignature.keyOf(workDigest, contributorSignature)
            );
            // Both in one call: a call for each would cost a thousand gas more.
            if (!keyBook.areKeysActiveAt(contributorKeyId, gatewayKeyId, finishedAt)) return false;
            if (!OperatorSignature.isConfirmed(workDigest, contributorSignature)) return false;
        }
        return OperatorSignature.isConfirmed(digest, gatewaySignature);
    }
}
