// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {OperatorSignature} from "./libraries/OperatorSignature.sol";
import {ReceiptDomain} from "./libraries/ReceiptDomain.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {Policy} from "./types/Policy.sol";
import {Receipt, TIER_CONTRIBUTOR_SIGNED, TIER_GATEWAY_SIGNED} from "./types/Receipt.sol";
import {Work} from "./types/Work.sol";

/// @title ReceiptVerifier
/// @notice See `IReceiptVerifier`.
contract ReceiptVerifier is IReceiptVerifier {
    IOperatorRegistry public immutable contributors;
    IOperatorRegistry public immutable gateways;
    IReceiptAnchor public immutable receiptAnchor;

    constructor(
        IOperatorRegistry contributors_,
        IOperatorRegistry gateways_,
        IReceiptAnchor receiptAnchor_
    ) {
        contributors = contributors_;
        gateways = gateways_;
        receiptAnchor = receiptAnchor_;
    }

    /// @inheritdoc IReceiptVerifier
    function verifyContent(
        Receipt calldata receipt,
        bytes calldata contributorSignature,
        bytes calldata gatewaySignature,
        bytes calldata content,
        Policy calldata policy
    ) external view returns (bool) {
        if (!_meets(receipt, policy)) return false;
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
        ok = OperatorSignature.isValid(
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
        Work calldata work = receipt.work;
        bytes32 workHash = work.hashStruct();
        digest = TypedData.digest(separator, receipt.hashStruct(workHash));
        uint16 tiers = receipt.tiers;
        if (tiers & TIER_GATEWAY_SIGNED == 0) return (false, digest);

        uint64 finishedAt = work.finishedAt;
        bool contributorOk = tiers & TIER_CONTRIBUTOR_SIGNED == 0
            ? contributorSignature.length == 0
            : OperatorSignature.isValid(
                contributors,
                work.contributor,
                TypedData.digest(separator, workHash),
                contributorSignature,
                finishedAt
            );
        ok = contributorOk
            && OperatorSignature.isValid(
                gateways, work.gateway, digest, gatewaySignature, finishedAt
            );
    }

    /// @inheritdoc IReceiptVerifier
    function workDigestOf(Work calldata work) public view returns (bytes32) {
        return TypedData.digest(domainSeparator(), work.hashStruct());
    }

    /// @inheritdoc IReceiptVerifier
    function domainSeparator() public view returns (bytes32) {
        return ReceiptDomain.separator(address(this));
    }

    function _meets(Receipt calldata receipt, Policy calldata policy) private view returns (bool) {
        Work calldata work = receipt.work;
        bytes32 modelId = policy.modelId;
        if (modelId != bytes32(0) && modelId != work.modelId) return false;
        address gateway = policy.gateway;
        if (gateway != address(0) && gateway != work.gateway) return false;
        if (~receipt.tiers & policy.minTiers != 0) return false;
        // The sum cannot wrap: a receipt from the future is not old.
        uint256 maxAge = policy.maxAge;
        return maxAge == 0 || block.timestamp <= work.finishedAt + maxAge;
    }
}
